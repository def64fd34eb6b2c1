import CPlatform
import Glibc

/// Decides whether a process may be signalled as the one that was written down.
///
/// The pidfd is opened first; what is checked then concerns the process it stands for, since a number is not given away while its process is
/// there, and that it still is there is checked last. Beyond number, start time, boot and namespace, one proof is asked for that no stranger can
/// have: the nonce in its environment, or the daemon's lock in its hands.
package enum SignalTarget {
    /// The process that wrote a lock line.
    ///
    /// - Parameters:
    ///   - lock: the name of the lock file in `directory` it may hold.
    ///   - executable: the image it must be running, where one was written down. Leave it out for programs that replace themselves.
    /// - Returns: nil when that process is gone.
    /// - Throws: `forbidden_process` when it must not be signalled from here, with the reason.
    package static func open(
        _ line: LockLine, lock: String, in directory: RunDirectory, executable: FileIdentity? = nil
    ) throws(SystemError) -> ProcessWatch? {
        var process = line.process
        process.executable = executable
        return try open(process, nonce: line.nonce, lock: lock, in: directory)
    }

    /// The process of an identity.
    package static func open(
        _ process: ProcessIdentity, nonce: Nonce, lock: String? = nil, in directory: RunDirectory? = nil
    ) throws(SystemError) -> ProcessWatch? {
        let pid = process.pid
        guard pid > 1 else { throw refusal("\(pid) is never signalled: it is no process of ours") }
        guard pid != getpid() else { throw refusal("process \(pid) is this one") }
        switch try process.liveness() {
        case .dead: return nil
        case .elsewhere: throw refusal("process \(pid) is one of another pid namespace, where its number means another process")
        case .alive: break
        }
        guard let watch = try ProcessWatch.open(pid: pid) else { return nil }
        guard let directoryOfProcess = ProcDirectory(pid: pid), let stat = directoryOfProcess.stat(), stat.startTicks == process.startTicks,
            !stat.isDead
        else { return nil }
        let image = directoryOfProcess.executable()
        let environment = directoryOfProcess.environmentContains("RBEE_NONCE", nonce.text)
        let lockHeld = try holdsLock(directoryOfProcess, lock, directory)
        // Had it ended before all that was read, it might have been read of another.
        if watch.hasExited { return nil }
        if let expected = process.executable, let image, image.device != expected.device || image.inode != expected.inode {
            throw refusal("process \(pid) runs another program than the one that was started")
        }
        guard environment == true || lockHeld == true else {
            let reason =
                environment == nil && lockHeld == nil ? "cannot be examined by this user" : "neither carries the nonce nor holds the lock"
            throw refusal("process \(pid) \(reason), so it is not known to be ours")
        }
        return watch
    }

    /// Whether a process has a lock of a directory in its hands.
    package static func holdsLock(_ process: ProcessIdentity, _ lock: String, in directory: RunDirectory) -> Bool {
        guard let found = ProcDirectory(pid: process.pid), found.stat()?.startTicks == process.startTicks else { return false }
        return (try? holdsLock(found, lock, directory)) == true
    }

    private static func holdsLock(_ process: ProcDirectory, _ lock: String?, _ directory: RunDirectory?) throws(SystemError) -> Bool? {
        guard let lock, let directory, let file = try directory.stat(lock), file.kind == .regular else { return nil }
        return process.holdsLock(on: file)
    }

    private static func refusal(_ reason: String) -> SystemError {
        SystemError(.forbiddenProcess, reason)
    }
}
