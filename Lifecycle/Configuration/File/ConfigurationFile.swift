import Platform

/// The configuration file on disk.
package enum ConfigurationFile {
    /// The longest file that is read, in bytes.
    package static let limit = 1 << 20

    /// The content of the file, links followed, or nil if there is none.
    ///
    /// - Throws: `unreadable` when there is something that cannot be read.
    package static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
        do {
            return try AtomicFile.read(path, limit: limit)
        } catch {
            throw ConfigurationError(.unreadable, error.message, path: path, underlying: error)
        }
    }
}
