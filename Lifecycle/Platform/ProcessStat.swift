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
    /// What the kernel notes of it: bit 2 is set once it is ending.
    package var flags: UInt32
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

    /// Whether it is on its way out: it has given up its memory, and with that its environment, and is not dead yet.
    package var isEnding: Bool { isDead || (flags & 4 != 0 && threads <= 1) }

    /// Reads a line whose name may hold anything, blanks, line ends and parentheses too.
    package init?(line: [UInt8]) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")), open < close,
            open >= 2, line[open - 1] == UInt8(ascii: " ")
        else { return nil }
        var head = Fields(line[..<(open - 1)])
        guard let pid: Int32 = head.number(), head.isAtEnd else { return nil }
        // What follows the name begins with field 3, the state; the start time is field 22.
        var rest = Fields(line[(close + 1)...])
        guard rest.skipBlank(), let state = rest.letter(), let parent: Int32 = rest.number(), let group: Int32 = rest.number(),
            let session: Int32 = rest.number(), rest.skip(2), let flags: UInt32 = rest.number(), rest.skip(10),
            let threads: Int32 = rest.number(), rest.skip(1),
            let startTicks: UInt64 = rest.number()
        else { return nil }
        self.pid = pid
        name = String(decoding: line[(open + 1)..<close], as: UTF8.self)
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.flags = flags
        self.threads = threads
        self.startTicks = startTicks
    }

    /// Numbers one blank apart, read without making strings of them: a scan reads thousands.
    private struct Fields {
        private var bytes: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { bytes.isEmpty }

        /// The blank that ends a field, or the end of the line.
        mutating func skipBlank() -> Bool {
            guard let first = bytes.popFirst() else { return true }
            return first == UInt8(ascii: " ") || first == UInt8(ascii: "\n")
        }

        mutating func letter() -> UInt8? {
            guard let letter = bytes.popFirst(), letter > UInt8(ascii: " "), skipBlank() else { return nil }
            return letter
        }

        mutating func skip(_ count: Int) -> Bool {
            for _ in 0..<count {
                while let first = bytes.first, first > UInt8(ascii: " ") { bytes.removeFirst() }
                guard !bytes.isEmpty, skipBlank() else { return false }
            }
            return true
        }

        mutating func number<Value: FixedWidthInteger>() -> Value? {
            let isNegative = Value.isSigned && bytes.first == UInt8(ascii: "-")
            if isNegative { bytes.removeFirst() }
            var value: Value = 0
            var digits = 0
            while let byte = bytes.first, (48...57).contains(byte) {
                let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
                let digit = Value(truncatingIfNeeded: byte - 48)
                let (sum, tooLargeToo) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
                guard !tooLarge, !tooLargeToo else { return nil }
                value = sum
                digits += 1
                bytes.removeFirst()
            }
            return digits > 0 && skipBlank() ? value : nil
        }
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
