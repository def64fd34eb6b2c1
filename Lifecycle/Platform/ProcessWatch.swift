import CPlatform
import Glibc

/// A pidfd: one process, and never another that later has its number.
package final class ProcessWatch: Sendable {
    /// The number it was opened for.
    package let pid: Int32
    private let handle: Descriptor

    private init(pid: Int32, handle: Descriptor) {
        self.pid = pid
        self.handle = handle
    }

    /// Watches the process that has this number now; nil when there is none.
    ///
    /// That it is the process meant has to be verified *after* this: see `SignalTarget`.
    ///
    /// - Throws: `forbidden_process` for 0 and negative numbers, which mean groups.
    package static func open(pid: Int32) throws(SystemError) -> ProcessWatch? {
        guard pid > 0 else { throw SystemError(.forbiddenProcess, "\(pid) is not the number of one process") }
        let number = rbee_pidfd_open(pid)
        if number >= 0 { return ProcessWatch(pid: pid, handle: Descriptor(adopting: number)) }
        let failure = errno
        // EINVAL, on newer kernels ENOENT: the number is that of a thread.
        if failure == ESRCH || failure == EINVAL || failure == ENOENT { return nil }
        throw SystemError(errno: failure, "watch process \(pid)")
    }

    /// The pidfd, readable once the process has ended. Valid while this object lives.
    package var descriptor: Int32 { handle.rawValue }

    /// Whether the process has ended, reaped or not.
    package var hasExited: Bool { waitForExit(milliseconds: 0) }

    /// Blocks until the process has ended, at most this long; a negative limit waits for ever.
    ///
    /// - Returns: whether it has.
    package func waitForExit(milliseconds: Int32) -> Bool {
        handle.use { rbee_poll_readable($0, milliseconds) } == 1
    }

    /// Sends a signal.
    ///
    /// - Returns: false when the process is gone already.
    /// - Throws: `forbidden_process` for process 1 and for ourselves; EPERM for another user's.
    @discardableResult
    package func signal(_ signal: Int32) throws(SystemError) -> Bool {
        guard pid > 1, pid != getpid() else { throw SystemError(.forbiddenProcess, "process \(pid) is never signalled from here") }
        if handle.use({ rbee_pidfd_send_signal($0, signal) }) == 0 { return true }
        let failure = errno
        if failure == ESRCH { return false }
        throw SystemError(errno: failure, "signal process \(pid)")
    }

    /// Reaps a child of ours that has ended.
    ///
    /// - Returns: how it ended, or nil while it runs.
    package func reap(waiting: Bool = false) throws(SystemError) -> ProcessEnd? {
        var (code, status): (Int32, Int32) = (0, 0)
        let result = handle.use { rbee_wait_pidfd($0, waiting ? 0 : 1, &code, &status) }
        guard result >= 0 else { throw SystemError(errno: errno, "wait for process \(pid)") }
        return result == 0 ? nil : code == 0 ? .exit(status) : .signal(status)
    }
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable {
    case exit(Int32)
    case signal(Int32)
}
