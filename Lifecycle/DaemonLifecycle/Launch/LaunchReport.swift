/// One line of what the launcher and the shepherds say about a program.
package struct LaunchReport: Sendable, Hashable {
    package enum Event: Sendable, Hashable {
        case started(pid: Int32, startTicks: UInt64)
        /// Another process holds the lock; nothing was started.
        case lost
        /// A step before the program's first instruction failed.
        case failed(stage: String, errno: Int32)
        case ended(ProcessEnd)
        /// Launcher and shepherds are gone: nobody will report on any program any more.
        case closed
    }

    /// Which program it is about; empty for `closed`, which is about all of them.
    package let id: String
    package let event: Event

    package init(id: String, event: Event) {
        self.id = id
        self.event = event
    }

    /// Reads one line without its newline; nil when it is none of the known ones.
    package init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 2 else { return nil }
        id = String(words[0])
        switch (words[1], words.count) {
        case ("pid", 4):
            guard let pid = Int32(words[2]), pid > 1, let ticks = UInt64(words[3]) else { return nil }
            event = .started(pid: pid, startTicks: ticks)
        case ("lost", 2):
            event = .lost
        case ("error", 4):
            guard let errno = Int32(words[3]) else { return nil }
            event = .failed(stage: String(words[2]), errno: errno)
        case ("exit", 3):
            guard let status = Int32(words[2]) else { return nil }
            event = .ended(.exited(status))
        case ("signal", 3):
            guard let signal = Int32(words[2]) else { return nil }
            event = .ended(.signalled(signal))
        default:
            return nil
        }
    }
}

/// Cuts the launcher's output into lines, however it arrives.
package struct LaunchReportReader: Sendable {
    /// No report is longer; a longer line is not the launcher's.
    private static let longestLine = 4096
    private var pending: [UInt8] = []

    package init() {}

    /// The reports that are complete after these bytes; a line that is no report is left out.
    package mutating func read(_ bytes: [UInt8]) -> [LaunchReport] {
        var reports: [LaunchReport] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let report = LaunchReport(line: Substring(decoding: pending, as: UTF8.self)) { reports.append(report) }
                pending.removeAll(keepingCapacity: true)
            } else if pending.count < Self.longestLine {
                pending.append(byte)
            }
        }
        return reports
    }
}
