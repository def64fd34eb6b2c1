import CPlatform
import Glibc

/// Files outside the run directory that are replaced as a whole: configuration, installed programs.
package enum AtomicFile {
    /// Replaces what stands at a path: a reader sees all of the old content or all of the new.
    ///
    /// A symbolic link stays one: what it leads to is replaced, since people keep their configuration elsewhere.
    ///
    /// - Parameters:
    ///   - mode: permissions of the new file. nil keeps those of the old, or 0600 where there is none.
    ///   - durable: wait until both content and name are on the disk.
    package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32? = nil, durable: Bool = true) throws(SystemError) {
        let target = resolved(path)
        var permissions = mode ?? 0o600
        if mode == nil, let old = try FileIdentity.of(path: target) { permissions = old.permissions }
        let (folder, name) = split(target)
        let number = rbee_openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0)
        guard number >= 0 else { throw SystemError(errno: errno, "write", path: path) }
        let directory = Descriptor(adopting: number)
        let temporary = TemporaryName.draw()
        do throws(SystemError) {
            try fill(temporary, in: directory, bytes, permissions, durable)
            guard directory.use({ renameat($0, temporary, $0, name) }) == 0 else { throw SystemError(errno: errno, "replace") }
            if durable { try directory.synchronize() }
        } catch {
            let number = error.number
            _ = directory.use { unlinkat($0, temporary, 0) }
            throw SystemError(errno: number, "write", path: path)
        }
    }

    /// The whole content, links followed, or nil when there is nothing.
    ///
    /// - Throws: `corrupt` when it is no regular file or longer than `limit` bytes.
    package static func read(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> [UInt8]? {
        let number = rbee_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0)
        guard number >= 0 else {
            let failure = errno
            if failure == ENOENT || failure == ENOTDIR { return nil }
            throw SystemError(errno: failure, "read", path: path)
        }
        let file = Descriptor(adopting: number)
        guard try file.identity().kind == .regular else { throw SystemError(.corrupt, "\(path) is not a regular file", path: path) }
        do throws(SystemError) {
            return try file.readToEnd(limit: limit)
        } catch {
            guard error.number == EFBIG else { throw SystemError(errno: error.number, "read", path: path) }
            throw SystemError(.corrupt, "\(path) is longer than \(limit) bytes", path: path)
        }
    }

    private static func fill(
        _ name: String, in directory: Descriptor, _ bytes: [UInt8], _ permissions: UInt32, _ durable: Bool
    ) throws(SystemError) {
        let number = directory.use { rbee_openat($0, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600) }
        guard number >= 0 else { throw SystemError(errno: errno, "write") }
        let file = Descriptor(adopting: number)
        try file.write(bytes)
        guard file.use({ fchmod($0, permissions) }) == 0 else { throw SystemError(errno: errno, "set the permissions") }
        if durable { try file.synchronize() }
    }

    /// Where a path leads in the end; the path itself where that cannot be told yet.
    private static func resolved(_ path: String) -> String {
        guard let end = realpath(path, nil) else { return path }
        defer { free(end) }
        return String(cString: end)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}
