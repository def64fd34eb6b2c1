internal import Glibc

/// What this process uses now, as the kernel counts it.
struct ProcessFigures: Hashable, Sendable {
    var rssBytes: UInt64
    var pssBytes: UInt64?
    var descriptors: Int
    var threads: Int
    /// Time on the processors since it started, in seconds.
    var cpuSeconds: Double

    /// Asks the kernel. Takes some tens of microseconds.
    static func now() -> ProcessFigures {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessFigures(
            rssBytes: residentBytes,
            pssBytes: kilobytes("Pss:", in: read("/proc/self/smaps_rollup")),
            descriptors: entries(of: "/proc/self/fd"), threads: entries(of: "/proc/self/task"),
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }

    /// Bytes that are resident now, read digit by digit: an idle daemon asks too, and whatever it calls stays resident.
    static var residentBytes: UInt64 {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = Glibc.read(file, buffer.baseAddress, buffer.count)
            // The second of several numbers of pages.
            var (pages, at): (UInt64, Int) = (0, 0)
            for byte in buffer.prefix(max(0, count)) {
                if byte == UInt8(ascii: " ") { at += 1 }
                if at == 1, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                    pages = pages &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                }
            }
            return pages &* UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    private static func kilobytes(_ name: String, in text: String) -> UInt64? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 * 1024 }
    }

    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// Names in a directory of the kernel's, without the descriptor that reads them.
    private static func entries(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return path.hasSuffix("/fd") ? count - 1 : count
    }
}
