import Glibc
import Platform

/// Keeps others of ours from changing files of a directory at the same time, for as long as it lives.
///
/// The lock is on the directory itself, so nothing is left behind and it works where no lock file may be made.
struct LockedDirectory {
    private let descriptor: Descriptor

    /// How long somebody else may hold it, in steps of 10 ms.
    private static let patience = 500

    /// Locks the directory of a file, which is made, for its owner alone, where there is none.
    ///
    /// - Throws: `notWritable` when it cannot be made or somebody else holds it for 5 s.
    init(of file: String) throws(ConfigurationError) {
        let folder = Self.folder(of: file)
        do throws(SystemError) {
            try Self.make(folder)
            let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard number >= 0 else { throw SystemError(errno: errno, "open", path: folder) }
            descriptor = Descriptor(adopting: number)
            for _ in 0..<Self.patience {
                if descriptor.use({ flock($0, LOCK_EX | LOCK_NB) }) == 0 { return }
                let failure = errno
                guard failure == EWOULDBLOCK || failure == EINTR else { throw SystemError(errno: failure, "lock", path: folder) }
                usleep(10_000)
            }
        } catch {
            throw ConfigurationError(.notWritable, error.message, path: file, underlying: error)
        }
        throw ConfigurationError(
            .notWritable, "\(folder) is locked by another program that changes the configuration; try again", path: file)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func make(_ path: String) throws(SystemError) {
        guard access(path, F_OK) != 0, path != "/", path != "." else { return }
        try make(folder(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError(errno: errno, "make the directory", path: path) }
    }
}
