/// The name of a file still being written. It says who writes it, so that what a killed writer leaves can be told from what is in use.
enum TemporaryName {
    struct Writer: Equatable {
        var pid: Int32
        var startTicks: UInt64

        /// Whether that process still lives.
        var isWriting: Bool {
            guard let found = ProcessStat.of(pid: pid) else { return false }
            return found.startTicks == startTicks && !found.isDead
        }
    }

    /// A fresh name, at most 60 bytes, so that with the directory's `/proc/self/fd` path it fits a socket address.
    static func draw() -> String {
        let (pid, startTicks) = ProcessStat.current.map { ($0.pid, $0.startTicks) } ?? (0, 0)
        return ".\(pid)-\(startTicks)-\(Hexadecimal.random(bytes: 6)).tmp"
    }

    static func writer(of name: String) -> Writer? {
        guard name.hasPrefix("."), name.hasSuffix(".tmp") else { return nil }
        let parts = name.dropFirst().dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = Int32(parts[0]), let startTicks = UInt64(parts[1]), parts[2].utf8.count == 12 else { return nil }
        return Writer(pid: pid, startTicks: startTicks)
    }
}
