internal import Glibc

/// How much memory this process has now, and whether that is too much.
struct MemoryWatch: Sendable {
    /// What is allowed, in bytes.
    let limit: UInt64

    /// Resident memory now, in bytes: what the kernel counts at this moment, not the most there ever was.
    static var resident: UInt64 {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(file, &buffer, buffer.count)
        let pages = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: " ").dropFirst().first.flatMap {
            UInt64($0)
        }
        return (pages ?? 0) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    }

    /// What to do about so much.
    func pressure(of resident: UInt64) -> ProjectManager.Pressure? {
        if resident >= limit / 10 * 9 { return .critical }
        return resident >= limit / 10 * 7 ? .high : nil
    }
}
