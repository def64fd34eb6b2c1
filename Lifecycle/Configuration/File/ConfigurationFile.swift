import Glibc
import Platform

/// The configuration file on disk.
package enum ConfigurationFile {
    /// The longest file that is read, in bytes.
    package static let limit = 1 << 20

    /// The content of the file, or nil if there is none.
    ///
    /// - Throws: `unreadable` when there is something that cannot be read.
    package static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            let failure = errno
            if failure == ENOENT || failure == ENOTDIR { return nil }
            throw refused(SystemError(errno: failure, "open", path: path))
        }
        let file = Descriptor(adopting: number)
        do throws(SystemError) {
            guard try file.identity().kind == .regular else {
                throw SystemError(.invalidValue, "\(path) is not a regular file", path: path)
            }
            return try file.readToEnd(limit: limit)
        } catch {
            guard error.number == EFBIG else { throw refused(error) }
            throw refused(SystemError(.invalidValue, "\(path) is longer than \(limit) bytes", path: path))
        }
    }

    private static func refused(_ error: SystemError) -> ConfigurationError {
        ConfigurationError(.unreadable, error.message, path: error.path, underlying: error)
    }
}
