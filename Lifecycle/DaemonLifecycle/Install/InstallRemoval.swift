internal import Glibc
internal import Platform

/// Removes an installed binary that nothing runs.
struct InstallRemoval: Sendable {
    let path: String
    let name: String

    /// - Returns: false when there was nothing.
    func run() throws(InstallError) -> Bool {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw InstallError(.badDirectory, "\"\(path)\" is not an absolute path: give the whole path of the binary", path: path)
        }
        var about = stat()
        guard lstat(path, &about) == 0 else {
            let failure = errno
            if failure == ENOENT || failure == ENOTDIR { return false }
            throw InstallError(.fileSystem, "cannot examine \(path): \(SystemError.text(of: failure))", path: path)
        }
        let kind = about.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFLNK else {
            throw InstallError(.targetOccupied, "\(path) is no regular file, and is not removed", path: path)
        }
        if kind == S_IFREG, let pid = try runner() {
            throw InstallError(
                .running, "\(path) was not removed: process \(pid) runs it; stop it first", path: path, pid: pid)
        }
        guard unlink(path) == 0 else {
            throw InstallError(.fileSystem, "cannot remove \(path): \(SystemError.text(of: errno))", path: path)
        }
        return true
    }

    /// A process that runs this very file.
    private func runner() throws(InstallError) -> Int32? {
        do {
            guard let file = try FileIdentity.of(path: path) else { return nil }
            for process in ProcessTable.scan() ?? [] {
                if let image = try ProcessIdentity.of(pid: process.pid)?.executable, image.isSameFile(as: file) { return process.pid }
            }
            return nil
        } catch {
            throw InstallError(.fileSystem, error.message, path: path, underlying: error)
        }
    }
}
