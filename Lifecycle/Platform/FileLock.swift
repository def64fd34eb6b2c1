import CPlatform
import Glibc

/// Whether somebody holds a lock.
package enum LockState: Hashable, Sendable {
    /// There is no lock file.
    case absent
    /// There is one that nobody holds.
    case free
    /// Somebody holds it, and so lives.
    case held
}

/// An exclusive open-file-description lock: the kernel keeps it for as long as any process has the description open, and not longer.
///
/// Lock files are never removed: who removes one lets two processes hold the same lock.
package final class FileLock: Sendable {
    /// The name in its directory.
    package let name: String
    private let directory: RunDirectory
    private let file: Descriptor

    private init(_ file: Descriptor, in directory: RunDirectory, name: String) {
        self.file = file
        self.directory = directory
        self.name = name
    }

    /// The descriptor that holds the lock. Close-on-exec.
    package var descriptor: Int32 { file.rawValue }

    /// Asks without disturbing: makes nothing, takes nothing.
    package static func probe(in directory: RunDirectory, name: String) throws(SystemError) -> LockState {
        let file: Descriptor
        do {
            file = try directory.openFile(name, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            if error.number == ENOENT { return .absent }
            throw error
        }
        guard try file.identity().kind == .regular else {
            throw SystemError(.corrupt, "\(directory.path)/\(name) is not a regular file; remove it", path: "\(directory.path)/\(name)")
        }
        let held = file.use(rbee_ofd_query)
        guard held >= 0 else { throw refusal(errno, path: "\(directory.path)/\(name)") }
        return held == 1 ? .held : .free
    }

    /// Takes the lock, or returns nil when another has it.
    ///
    /// - Throws: `locks_unsupported` on a file system without such locks.
    package static func acquire(in directory: RunDirectory, name: String) throws(SystemError) -> FileLock? {
        // Each round is lost only to somebody who replaced the file just then; nobody of us does.
        for _ in 0..<100 {
            let file = try directory.openFile(name, flags: O_RDWR | O_CREAT | O_NONBLOCK)
            let identity = try file.identity()
            guard identity.kind == .regular, identity.owner == geteuid() else {
                throw SystemError(.corrupt, "\(directory.path)/\(name) is not a regular file of ours", path: "\(directory.path)/\(name)")
            }
            guard try lock(file, directory, name) else { return nil }
            let lock = FileLock(file, in: directory, name: name)
            if try lock.isStillLinked() { return lock }
        }
        throw SystemError(errno: EAGAIN, "lock, since it keeps being replaced,", path: "\(directory.path)/\(name)")
    }

    /// Takes over a lock that this process was started with, or returns nil when the descriptor is not that.
    ///
    /// It must be open on the lock file itself, and locking it again must succeed, as it does for the description that has the lock.
    /// From then on it is close-on-exec: a leaked one would hold the lock for a child's lifetime.
    package static func adopt(descriptor number: Int32, in directory: RunDirectory, name: String) throws(SystemError) -> FileLock? {
        var about = Glibc.stat()
        guard number > 2, fstat(number, &about) == 0, let linked = try directory.stat(name), linked.kind == .regular,
            FileIdentity(about).isSameFile(as: linked), rbee_ofd_lock(number) == 0
        else { return nil }
        guard rbee_set_cloexec(number, 1) >= 0 else { throw SystemError(errno: errno, "change a descriptor's flags") }
        return FileLock(Descriptor(adopting: number), in: directory, name: name)
    }

    /// Writes who holds the lock, in place of what the last holder wrote.
    package func writeLine(_ line: LockLine) throws(SystemError) {
        // Emptied first: a reader sees no line rather than a mixture of two.
        guard file.use({ ftruncate($0, 0) }) == 0 else { throw failure(errno, "empty") }
        let bytes = Array(line.text.utf8)
        let written = file.use { pwrite($0, bytes, bytes.count, 0) }
        guard written == bytes.count else { throw failure(written < 0 ? errno : ENOSPC, "write") }
    }

    /// Whether the file says this line and nothing else: somebody may have written over it.
    package func says(_ line: LockLine) throws(SystemError) -> Bool {
        try says(Array(line.text.utf8))
    }

    /// The same for the bytes of a line, for whoever asks every second: putting a line together is most of the work, and its code would stay resident.
    package func says(_ line: [UInt8]) throws(SystemError) -> Bool {
        let (length, isSame) = withUnsafeTemporaryAllocation(byteCount: line.count + 1, alignment: 1) { buffer in
            let length = file.use { pread($0, buffer.baseAddress, buffer.count, 0) }
            guard length == line.count, let found = buffer.baseAddress else { return (length, false) }
            return (length, memcmp(found, line, length) == 0)
        }
        guard length >= 0 else { throw failure(errno, "read") }
        return isSame
    }

    /// Whether the name still stands for the file that is locked. When not, somebody removed or replaced it.
    package func isStillLinked() throws(SystemError) -> Bool {
        guard let linked = try directory.stat(name) else { return false }
        return try file.identity().isSameFile(as: linked)
    }

    /// Closes the descriptor, which frees the lock unless another process shares it.
    package func release() {
        file.close()
    }

    /// Gives the lock up for good. Closing alone would leave it to a child that another thread forks just now, until its exec.
    package func giveUp() {
        _ = file.use(rbee_ofd_unlock)
        file.close()
    }

    private static func lock(_ file: Descriptor, _ directory: RunDirectory, _ name: String) throws(SystemError) -> Bool {
        if file.use(rbee_ofd_lock) == 0 { return true }
        let number = errno
        if number == EAGAIN || number == EACCES { return false }
        throw refusal(number, path: "\(directory.path)/\(name)")
    }

    /// The error of a lock that the kernel did not give, other than because somebody has it.
    package static func refusal(_ number: Int32, path: String) -> SystemError {
        var error = SystemError(errno: number, "lock", path: path)
        guard [EINVAL, ENOSYS, EOPNOTSUPP, ENOLCK].contains(number) else { return error }
        error.code = .locksUnsupported
        error.message += "; its file system has no open-file-description locks: choose another place with RBEE_HOME"
        return error
    }

    private func failure(_ number: Int32, _ operation: String) -> SystemError {
        SystemError(errno: number, operation, path: "\(directory.path)/\(name)")
    }
}
