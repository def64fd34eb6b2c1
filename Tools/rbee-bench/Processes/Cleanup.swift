internal import FoundationEssentials
internal import Glibc
internal import Platform

/// Ends every process that carries a run's folder in its environment, and removes the folder.
struct Cleanup: Sendable {
    let root: String

    /// A process is ended within this many looks, or it cannot be ended at all.
    private static let looks = 200

    func run() {
        endProcesses()
        try? FileManager.default.removeItem(atPath: root)
    }

    /// - Returns: how many there were to end.
    @discardableResult
    func endProcesses() -> Int {
        var ended: Set<Int32> = []
        var quietLooks = 0
        for _ in 0..<Self.looks {
            let left = (ProcessTable.scan() ?? []).filter { !$0.isDead && $0.pid != getpid() && isOurs($0) }
            quietLooks = left.isEmpty ? quietLooks + 1 : 0
            // A second look: what was between fork and exec at the first had no environment to be known by.
            if quietLooks == 2 { break }
            for process in left {
                // The pidfd first, then the look: the number may have another process by now.
                guard let watch = (try? ProcessWatch.open(pid: process.pid)) ?? nil, isOurs(process) else { continue }
                _ = try? watch.signal(SIGKILL)
                _ = watch.waitForExit(milliseconds: 200)
                _ = try? watch.reap()
                ended.insert(process.pid)
            }
            if left.isEmpty { usleep(5_000) }
        }
        return ended.count
    }

    private func isOurs(_ process: ProcessStat) -> Bool { process.environmentValue(Workshop.variable) == root }
}
