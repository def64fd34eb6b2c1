import Glibc

/// Which file a name or descriptor stands for, and what was seen of it.
package struct FileIdentity: Hashable, Sendable {
    /// What kind of thing it is.
    package enum Kind: Hashable, Sendable {
        case regular
        case directory
        case socket
        case symbolicLink
        case other
    }

    /// The device it lies on.
    package var device: UInt64
    /// Its number on that device, not used again while anyone has it open.
    package var inode: UInt64
    /// What kind of thing it is.
    package var kind: Kind
    /// Its length in bytes.
    package var size: Int64
    /// The time of its last change of content, in nanoseconds since 1970.
    package var modified: Int64
    /// Its owner's user id.
    package var owner: UInt32
    /// Its permission bits.
    package var permissions: UInt32

    init(_ about: stat) {
        device = UInt64(about.st_dev)
        inode = UInt64(about.st_ino)
        size = Int64(about.st_size)
        modified = Int64(about.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(about.st_mtim.tv_nsec)
        owner = about.st_uid
        permissions = about.st_mode & 0o7777
        kind =
            switch about.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFSOCK: .socket
            case S_IFLNK: .symbolicLink
            default: .other
            }
    }

    /// Whether both are one file, whatever was written to it in between.
    package func isSameFile(as other: FileIdentity) -> Bool {
        device == other.device && inode == other.inode && kind == other.kind
    }

    /// What a path stands for, links followed, or nil when there is nothing.
    package static func of(path: String) throws(SystemError) -> FileIdentity? {
        var about = stat()
        guard stat(path, &about) == 0 else {
            let failure = errno
            if failure == ENOENT || failure == ENOTDIR { return nil }
            throw SystemError(errno: failure, "examine", path: path)
        }
        return FileIdentity(about)
    }
}
