/// What a process has used so far, and what that is per second between two looks.
struct ProcessUsage: Sendable, Equatable {
    /// Processor time, in clock ticks.
    var ticks: UInt64
    var residentBytes: UInt64
    var readBytes: UInt64
    var writtenBytes: UInt64

    /// Nil when the process is gone.
    static func read(pid: Int32, root: String = "/proc") -> ProcessUsage? {
        guard let stat = KernelFile.text("\(root)/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        // After the name, which may hold anything: state is field 3, user and system time are 14 and 15, resident pages 24.
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]), let pages = UInt64(fields[21]) else {
            return nil
        }
        // Another user's process, or one that has just ended, does not show its reads and writes: they count as none.
        let io = KernelFile.text("\(root)/\(pid)/io") ?? ""
        return ProcessUsage(
            ticks: user &+ system, residentBytes: pages &* 4096, readBytes: Self.number("read_bytes", in: io),
            writtenBytes: Self.number("write_bytes", in: io))
    }

    /// Processor use in percent of one processor since an earlier look.
    func processorPercent(since earlier: ProcessUsage, nanoseconds: UInt64, ticksPerSecond: Double = 100) -> Double {
        guard nanoseconds > 0, ticks >= earlier.ticks else { return 0 }
        return Double(ticks - earlier.ticks) / ticksPerSecond / (Double(nanoseconds) / 1e9) * 100
    }

    /// Megabytes per second between two counters.
    static func rate(_ now: UInt64, _ before: UInt64, nanoseconds: UInt64) -> Double {
        guard nanoseconds > 0, now >= before else { return 0 }
        return Double(now - before) / 1e6 / (Double(nanoseconds) / 1e9)
    }

    private static func number(_ key: String, in text: String) -> UInt64 {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0] == key { return UInt64(parts[1].drop { $0 == " " }) ?? 0 }
        }
        return 0
    }
}
