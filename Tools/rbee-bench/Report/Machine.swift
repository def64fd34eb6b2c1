internal import BenchReport
internal import Glibc

/// The machine that is measured on, as it is now.
enum Machine {
    static func facts() -> MachineFacts {
        MachineFacts(
            model: MachineFacts.model(cpuinfo: ProcFolder.text("/proc/cpuinfo")), cores: Cores.count, kernel: kernel, loadBefore: load)
    }

    static var load: [Double] { MachineFacts.load(loadavg: ProcFolder.text("/proc/loadavg")) }

    private static var kernel: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Now, ISO 8601 in UTC.
    static var date: String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
