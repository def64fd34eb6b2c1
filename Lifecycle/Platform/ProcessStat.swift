import CPlatform
import Glibc

/// One line of `/proc/PID/stat`.
package struct ProcessStat: Hashable, Sendable {
    /// Its number.
    package var pid: Int32
    /// The first 15 bytes of its name, which it may choose itself.
    package var name: String
    /// Its state, an ASCII letter: R S D T t Z X I.
    package var state: UInt8
    /// Its parent's number.
    package var parent: Int32
    /// Its process group.
    package var group: Int32
    /// Its session.
    package var session: Int32
    /// How many threads it has.
    package var threads: Int32
    /// When it started, in clock ticks since boot.
    package var startTicks: UInt64

    /// Whether it has ended, reaped or not. A process whose first thread has ended while others run on shows state Z and is alive.
    package var isDead: Bool {
        switch state {
        case UInt8(ascii: "X"), UInt8(ascii: "x"): true
        case UInt8(ascii: "Z"): threads <= 1
        default: false
        }
    }

    /// Reads a line whose name may hold anything, blanks, line ends and parentheses too.
    package init?(line: some BidirectionalCollection<UInt8>) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")), open < close,
            let pid = Int32(String(decoding: line[..<open], as: UTF8.self).dropLast()), line[..<open].last == UInt8(ascii: " ")
        else { return nil }
        // What follows the name: state is field 3, start time field 22.
        let fields = line[line.index(after: close)...].split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") })
        func number<Value: FixedWidthInteger>(_ field: Int) -> Value? {
            Value(String(decoding: fields[field - 3], as: UTF8.self))
        }
        guard fields.count >= 20, fields[0].count == 1, let state = fields[0].first, let parent: Int32 = number(4),
            let group: Int32 = number(5),
            let session: Int32 = number(6), let threads: Int32 = number(20), let startTicks: UInt64 = number(22)
        else { return nil }
        self.pid = pid
        name = String(decoding: line[line.index(after: open)..<close], as: UTF8.self)
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.threads = threads
        self.startTicks = startTicks
    }

    /// The line of a process, or nil when there is none by that number.
    package static func of(pid: Int32) -> ProcessStat? {
        guard pid > 0 else { return nil }
        return at(AT_FDCWD, "/proc/\(pid)/stat")
    }

    /// This process.
    package static var current: ProcessStat? { at(AT_FDCWD, "/proc/self/stat") }

    static func at(_ directory: Int32, _ path: String) -> ProcessStat? {
        guard let line = ProcFile.read(directory, path, limit: 4096) else { return nil }
        return ProcessStat(line: line)
    }
}
