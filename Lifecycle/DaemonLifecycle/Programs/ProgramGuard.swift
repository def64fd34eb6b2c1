internal import Glibc
internal import Platform

/// The guard of a running program, held by its pidfd: it is asked to end the program, and its own end tells that the program's tree is gone.
struct ProgramGuard: Sendable {
    /// What a guard calls itself.
    static let name = "rbee-guard"

    let watch: ProcessWatch

    /// The guard of a process; nil when it has none, or is gone.
    static func of(_ pid: Int32) -> ProgramGuard? {
        // The pidfd first, then the check: whoever has the number now may be another.
        guard let parent = ProcessStat.of(pid: pid)?.parent, let watch = try? ProcessWatch.open(pid: parent),
            ProcessStat.of(pid: pid)?.parent == parent, ProcessStat.of(pid: parent)?.name == name
        else { return nil }
        return ProgramGuard(watch: watch)
    }

    /// Asks it to end the program with its whole tree. Asked again, it kills it.
    func end() {
        // One that is gone has done so already.
        _ = try? watch.signal(SIGTERM)
        _ = try? watch.signal(SIGCONT)
    }

    /// Kills a guard that does nothing. The kernel kills its program with it, and leaves what that has started.
    func kill() {
        _ = try? watch.signal(SIGKILL)
    }
}
