import Glibc
import Platform

/// A process that may be struck: its pidfd was opened first, and that it belongs to a home of this run was read after.
struct Victim: Sendable {
    let process: SeenProcess
    private let watch: ProcessWatch

    /// - Returns: nil when the process that was seen is gone by now, or has become another.
    init?(_ seen: SeenProcess, reader: ProcReader) {
        guard seen.pid > 1, seen.pid != getpid(), seen.role != .bystander, let watch = (try? ProcessWatch.open(pid: seen.pid)) ?? nil,
            let now = reader.process(seen.pid), now.key == seen.key, now.role == seen.role, now.home == seen.home, !watch.hasExited
        else { return nil }
        process = now
        self.watch = watch
    }

    /// - Returns: whether the signal was delivered.
    @discardableResult
    func signal(_ number: Int32) -> Bool {
        (try? watch.signal(number)) == true
    }

    var isGone: Bool { watch.hasExited }

    /// Waits for its end, on a thread that may block.
    func waitForEnd(milliseconds: Int32) -> Bool {
        watch.waitForExit(milliseconds: milliseconds)
    }
}
