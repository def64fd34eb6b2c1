import CPlatform
import Glibc

extension RunDirectory {
    /// Opens a file, never through a symbolic link, close-on-exec.
    package func openFile(_ name: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
        try check(name)
        let number = descriptor.use { rbee_openat($0, name, flags | O_NOFOLLOW, mode) }
        guard number >= 0 else { throw SystemError(errno: errno, "open", path: "\(path)/\(name)") }
        return Descriptor(adopting: number)
    }

    /// The whole content of a regular file, or nil when there is none.
    ///
    /// - Throws: `corrupt` when it is no regular file or longer than `limit` bytes.
    package func read(_ name: String, limit: Int = 4 << 20) throws(SystemError) -> [UInt8]? {
        let file: Descriptor
        do {
            file = try openFile(name, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            if error.number == ENOENT { return nil }
            guard error.number == ELOOP || error.number == ENXIO else { throw error }
            throw SystemError(.corrupt, "\(path)/\(name) is not a regular file", path: "\(path)/\(name)", underlying: error)
        }
        guard try file.identity().kind == .regular else {
            throw SystemError(.corrupt, "\(path)/\(name) is not a regular file", path: "\(path)/\(name)")
        }
        do {
            return try file.readToEnd(limit: limit)
        } catch {
            guard error.number == EFBIG else { throw SystemError(errno: error.number, "read", path: "\(path)/\(name)") }
            throw SystemError(.corrupt, "\(path)/\(name) is longer than \(limit) bytes", path: "\(path)/\(name)", underlying: error)
        }
    }

    /// The end of a regular file, however long that is; nothing where there is none.
    package func readEnd(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try openFile(name, flags: O_RDONLY | O_NONBLOCK)
        let about = try file.identity()
        guard about.kind == .regular else {
            throw SystemError(.corrupt, "\(path)/\(name) is not a regular file", path: "\(path)/\(name)")
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = file.use { pread($0, &bytes, limit, off_t(max(0, Int64(about.size) - Int64(limit)))) }
        guard count >= 0 else { throw SystemError(errno: errno, "read", path: "\(path)/\(name)") }
        return Array(bytes.prefix(count))
    }

    /// What a name stands for, links not followed, or nil when there is nothing.
    package func stat(_ name: String) throws(SystemError) -> FileIdentity? {
        try check(name)
        var about = Glibc.stat()
        let result = descriptor.use { fstatat($0, name, &about, AT_SYMLINK_NOFOLLOW) }
        if result == 0 { return FileIdentity(about) }
        let failure = errno
        if failure == ENOENT { return nil }
        throw SystemError(errno: failure, "examine", path: "\(path)/\(name)")
    }

    /// Removes a file if it is still the one given. Nobody else may be replacing it meanwhile: hold the lock it belongs to.
    ///
    /// - Returns: whether it was removed.
    @discardableResult
    package func unlink(_ name: String, ifIdentity identity: FileIdentity) throws(SystemError) -> Bool {
        guard let found = try stat(name), found.isSameFile(as: identity) else { return false }
        return try remove(name)
    }

    /// Removes a file, whichever it is.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool {
        try check(name)
        if descriptor.use({ unlinkat($0, name, 0) }) == 0 { return true }
        let failure = errno
        if failure == ENOENT { return false }
        throw SystemError(errno: failure, "remove", path: "\(path)/\(name)")
    }

    /// Gives a file another name in here, where there must be nothing by that name.
    package func rename(_ name: String, to other: String) throws(SystemError) {
        try check(name)
        try check(other)
        guard descriptor.use({ rbee_rename_new($0, name, other) }) == 0 else {
            throw SystemError(errno: errno, "rename", path: "\(path)/\(name)")
        }
    }

    /// Replaces a file as a whole: whoever reads it sees the old content or the new.
    ///
    /// - Parameter durable: wait until both content and name are on the disk.
    package func writeAtomically(_ name: String, _ bytes: [UInt8], durable: Bool = false) throws(SystemError) {
        try check(name)
        let temporary = try writeTemporary(bytes, durable: durable)
        guard descriptor.use({ renameat($0, temporary, $0, name) }) == 0 else {
            let failure = errno
            _ = descriptor.use { unlinkat($0, temporary, 0) }
            throw SystemError(errno: failure, "replace", path: "\(path)/\(name)")
        }
        if durable { try descriptor.synchronize() }
    }

    /// Makes a file as a whole unless the name is taken.
    ///
    /// - Returns: false when there was something by that name, which is left as it is.
    package func createAtomically(_ name: String, _ bytes: [UInt8], durable: Bool = false) throws(SystemError) -> Bool {
        try check(name)
        let temporary = try writeTemporary(bytes, durable: durable)
        guard descriptor.use({ rbee_rename_new($0, temporary, name) }) == 0 else {
            let failure = errno
            _ = descriptor.use { unlinkat($0, temporary, 0) }
            if failure == EEXIST { return false }
            throw SystemError(errno: failure, "make", path: "\(path)/\(name)")
        }
        if durable { try descriptor.synchronize() }
        return true
    }

    /// The names in here, sorted, without those that begin with a dot (files still being written) and those that are not UTF-8.
    package func list() throws(SystemError) -> [String] {
        try allNames().filter { !$0.hasPrefix(".") }
    }

    /// Sets a corrupt file aside under a name that says so, for people to look at. Twenty are kept a name; then the oldest goes.
    ///
    /// - Returns: the new name.
    package func quarantine(_ name: String) throws(SystemError) -> String {
        try check(name)
        var oldest: (name: String, modified: Int64)?
        for number in 1...20 {
            let aside = "\(name).corrupt-\(number)"
            if descriptor.use({ rbee_rename_new($0, name, aside) }) == 0 { return aside }
            let failure = errno
            guard failure == EEXIST else { throw SystemError(errno: failure, "set aside", path: "\(path)/\(name)") }
            if let found = try stat(aside), found.modified < oldest?.modified ?? .max { oldest = (aside, found.modified) }
        }
        let aside = oldest?.name ?? "\(name).corrupt-1"
        guard descriptor.use({ renameat($0, name, $0, aside) }) == 0 else {
            throw SystemError(errno: errno, "set aside", path: "\(path)/\(name)")
        }
        return aside
    }

    /// Removes what writers left here that died before they were done. Files of living writers stay.
    ///
    /// - Parameter age: how old they must be, in seconds: of a writer in another pid namespace it cannot be seen whether it lives.
    package func sweepTemporaries(olderThan age: Int64 = 0) throws(SystemError) {
        let limit = (Int64(time(nil)) - age) * 1_000_000_000
        for name in try allNames() {
            guard let writer = TemporaryName.writer(of: name), !writer.isWriting else { continue }
            if age > 0, let found = try stat(name), found.modified > limit { continue }
            _ = descriptor.use { unlinkat($0, name, 0) }
        }
    }

    private func writeTemporary(_ bytes: [UInt8], durable: Bool) throws(SystemError) -> String {
        let temporary = TemporaryName.draw()
        let file = try openFile(temporary, flags: O_WRONLY | O_CREAT | O_EXCL)
        do {
            try file.write(bytes)
            if durable { try file.synchronize() }
        } catch {
            _ = descriptor.use { unlinkat($0, temporary, 0) }
            throw SystemError(errno: error.number, "write in", path: path)
        }
        return temporary
    }

    private func allNames() throws(SystemError) -> [String] {
        let number = descriptor.use { rbee_openat($0, ".", O_RDONLY | O_DIRECTORY, 0) }
        guard number >= 0 else { throw SystemError(errno: errno, "list", path: path) }
        guard let names = DirectoryEntries.names(takingOver: number) else { throw SystemError(errno: errno, "list", path: path) }
        return names.sorted()
    }
}
