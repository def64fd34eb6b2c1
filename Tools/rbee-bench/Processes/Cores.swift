internal import CBench
internal import Glibc
internal import Platform

/// Which processor cores a process may run on.
enum Cores {
    static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Client and server on one core, and where there are two also on a core each.
    static var layouts: [Int] { count > 1 ? [1, 2] : [1] }

    /// Keeps every thread of a process on one core; nil lets it run anywhere. Threads to come do as the one that starts them.
    static func pin(_ pid: Int32, to core: Int?) throws {
        for thread in ProcFolder.numbers(in: "/proc/\(pid)/task") where bench_set_core(thread, Int32(core ?? -1)) != 0 && errno != ESRCH {
            throw SystemError(errno: errno, "choose a core for process \(pid)")
        }
    }

    /// This process on the first core and the servers on the first or, when they are to be two cores apart, on the second, while `body` runs.
    static func pinned<Result>(_ servers: [Int32], cores: Int, _ body: () async throws -> Result) async throws -> Result {
        let everybody = [getpid()] + servers
        defer { for pid in everybody { try? pin(pid, to: nil) } }
        try pin(getpid(), to: 0)
        for pid in servers { try pin(pid, to: cores - 1) }
        return try await body()
    }
}
