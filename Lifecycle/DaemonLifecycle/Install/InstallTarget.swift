internal import Glibc
internal import Platform

/// The place a binary is installed to: a name in a directory, which is made when it is missing.
struct InstallTarget: Sendable {
    let directory: String
    let name: String
    /// Directories that were made for it, outermost first: taken away again when the installation fails.
    private let made: [String]

    var path: String { "\(directory)/\(name)" }

    init(directory given: String, name: String) throws(InstallError) {
        guard given.hasPrefix("/"), !given.utf8.contains(0) else {
            throw InstallError(.badDirectory, "\"\(given)\" is not an absolute path: give the whole path of the directory", path: given)
        }
        var directory = given
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        self.directory = directory
        self.name = name
        made = try Self.make(directory)
    }

    /// Refuses what must not be replaced. What was made for it is taken away again.
    func check(against source: InstallSource) throws(InstallError) {
        do {
            try checkOccupant(source)
        } catch {
            removeMade()
            throw error
        }
    }

    private func checkOccupant(_ source: InstallSource) throws(InstallError) {
        var about = stat()
        guard lstat(path, &about) == 0 else {
            let failure = errno
            if failure == ENOENT { return }
            throw InstallError(.fileSystem, "cannot examine \(path): \(SystemError.text(of: failure))", path: path)
        }
        switch about.st_mode & S_IFMT {
        case S_IFREG:
            if UInt64(about.st_dev) == source.identity.device, UInt64(about.st_ino) == source.identity.inode {
                throw InstallError(.sameFile, "\(source.path) is already \(path): source and target are one file", path: path)
            }
        case S_IFLNK:
            let leads = SymbolicLink.destination(of: path).map { " to \($0)" } ?? ""
            let dangles = access(path, F_OK) == 0 ? "" : ", which does not exist"
            throw InstallError(
                .targetOccupied, "\(path) is a symbolic link\(leads)\(dangles), and is not replaced; remove it first: rm '\(path)'",
                path: path)
        case S_IFDIR:
            throw InstallError(
                .targetOccupied, "\(path) is a directory; remove it first, or choose another directory with --dir", path: path)
        default:
            throw InstallError(.targetOccupied, "\(path) is no regular file; remove it first: rm '\(path)'", path: path)
        }
    }

    /// Copies the source beside the target, synced and executable, under a name of its own.
    func stage(_ source: InstallSource) throws(InstallError) -> StagedCopy {
        let temporary = "\(directory)/.\(name).\(getpid())-\(Nonce().text.prefix(12)).tmp"
        let number = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o700)
        guard number >= 0 else {
            let failure = errno
            removeMade()
            throw InstallError(.fileSystem, "cannot write in \(directory): \(SystemError.text(of: failure))", path: directory)
        }
        let copy = StagedCopy(path: temporary, target: self)
        let file = Descriptor(adopting: number)
        do throws(SystemError) {
            while true {
                guard let bytes = try source.descriptor.read(upTo: 1 << 20) else { break }
                if bytes.isEmpty { break }
                try file.write(bytes)
            }
            guard file.use({ fchmod($0, 0o755) }) == 0 else { throw SystemError(errno: errno, "change the mode of", path: temporary) }
            try file.synchronize()
        } catch {
            file.close()
            copy.discard()
            throw InstallError(
                .fileSystem, "\(name) was not installed: \(error.message) (\(source.path) to \(directory))", path: directory,
                underlying: error)
        }
        // Closed before anything runs it: a file open for writing cannot be executed.
        file.close()
        return copy
    }

    fileprivate func removeMade() {
        for path in made.reversed() { rmdir(path) }
    }

    /// Makes the directory and what lacks above it.
    ///
    /// - Returns: what was made, outermost first.
    private static func make(_ directory: String) throws(InstallError) -> [String] {
        var about = stat()
        if stat(directory, &about) == 0 {
            guard about.st_mode & S_IFMT == S_IFDIR else {
                throw InstallError(.badDirectory, "cannot install into \(directory): it is a file, not a directory", path: directory)
            }
            return []
        }
        var made: [String] = []
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o755) == 0 {
                made.append(path)
                continue
            }
            let failure = errno
            if failure == EEXIST { continue }
            for path in made.reversed() { rmdir(path) }
            throw InstallError(
                .badDirectory, "cannot install into \(directory): \(path): \(SystemError.text(of: failure))", path: directory)
        }
        return made
    }
}

/// A copy that waits for its name.
struct StagedCopy: Sendable {
    let path: String
    let target: InstallTarget

    /// Gives it the target's name, for good: also the directory is synced.
    func commit() throws(InstallError) {
        guard rename(path, target.path) == 0 else {
            throw InstallError(.fileSystem, "cannot replace \(target.path): \(SystemError.text(of: errno))", path: target.path)
        }
        let directory = Glibc.open(target.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        // The binary is in place whatever this says; a file system that cannot sync a directory says EINVAL.
        fsync(directory)
        close(directory)
    }

    /// Takes it away, and what was made for it.
    func discard() {
        unlink(path)
        target.removeMade()
    }
}
