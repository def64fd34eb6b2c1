internal import Glibc

/// What a process costs while nobody asks anything of it.
enum IdleCost {
    static func of(_ pid: Int32, seconds: UInt32) -> [String: Double] {
        let before = ticks(pid)
        sleep(seconds)
        let used = Double(ticks(pid) - before) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return [
            "cpu_percent": used / Double(seconds) * 100, "pss_mib": kilobytes("Pss:", "/proc/\(pid)/smaps_rollup") / 1_024,
            "rss_mib": kilobytes("VmRSS:", "/proc/\(pid)/status") / 1_024, "threads": Double(entries("/proc/\(pid)/task")),
            "descriptors": Double(entries("/proc/\(pid)/fd")),
        ]
    }

    private static func ticks(_ pid: Int32) -> Int {
        let fields = text("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }

    private static func kilobytes(_ name: String, _ path: String) -> Double {
        let line = text(path).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? .nan
    }

    private static func entries(_ path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) { if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 } }
        return count
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = read(file, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
