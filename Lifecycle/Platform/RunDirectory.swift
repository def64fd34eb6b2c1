import CPlatform
import Glibc

/// A directory that is ours alone, held open: all work goes through its descriptor, never again through its path.
///
/// It is no symbolic link, belongs to the effective user and is closed to everybody else (0700); anything else is refused.
package final class RunDirectory: Sendable {
    /// The path it was opened under, for messages.
    package let path: String
    let descriptor: Descriptor

    private init(path: String, descriptor: Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens a directory, and with `create` makes it and what lacks above it.
    ///
    /// - Returns: nil when it is absent and not to be made.
    /// - Throws: `unsafe_directory` when it is a link, another user's, or open to others.
    package static func open(_ path: String, create: Bool) throws(SystemError) -> RunDirectory? {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw SystemError(.invalidValue, "\"\(path)\" is not an absolute path", path: path)
        }
        let path = withoutTrailingSlash(path)
        guard let directory = try open(under: AT_FDCWD, name: path, path: path, create: create) else { return nil }
        try directory.checkParent()
        return directory
    }

    /// Opens a directory, made first where it is absent.
    package static func make(_ path: String) throws(SystemError) -> RunDirectory {
        guard let directory = try open(path, create: true) else { throw SystemError(errno: ENOENT, "open", path: path) }
        return directory
    }

    /// Opens a directory beneath this one, under the same conditions.
    package func subdirectory(_ name: String, create: Bool) throws(SystemError) -> RunDirectory? {
        try check(name)
        return try Self.open(under: descriptor.rawValue, name: name, path: "\(path)/\(name)", create: create)
    }

    /// Opens a directory beneath this one, made first where it is absent.
    package func makeSubdirectory(_ name: String) throws(SystemError) -> RunDirectory {
        guard let directory = try subdirectory(name, create: true) else {
            throw SystemError(errno: ENOENT, "open", path: "\(path)/\(name)")
        }
        return directory
    }

    /// Which directory this is, wherever it was moved.
    package func identity() throws(SystemError) -> FileIdentity {
        try descriptor.identity()
    }

    /// Whether its path still leads to it: somebody may have removed it, and another may have been made since.
    package func isInPlace() throws(SystemError) -> Bool {
        guard let standing = try FileIdentity.of(path: path) else { return false }
        return try identity().isSameFile(as: standing)
    }

    /// A path to a name in here that stays short and stays right wherever the directory is moved, for as long as this object lives.
    package func procPath(_ name: String) -> String {
        "/proc/self/fd/\(descriptor.rawValue)/\(name)"
    }

    private static func open(under parent: Int32, name: String, path: String, create: Bool) throws(SystemError) -> RunDirectory? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        var number = rbee_openat(parent, name, flags, 0)
        if number < 0, errno == ENOENT {
            guard create else { return nil }
            if parent == AT_FDCWD { try makeParents(of: path) }
            try makeDirectory(under: parent, name: name, path: path)
            number = rbee_openat(parent, name, flags, 0)
        }
        guard number >= 0 else { throw openFailure(errno, under: parent, name: name, path: path) }
        let descriptor = Descriptor(adopting: number)
        try checkOwnership(of: try descriptor.identity(), path: path)
        return RunDirectory(path: path, descriptor: descriptor)
    }

    private static func openFailure(_ number: Int32, under parent: Int32, name: String, path: String) -> SystemError {
        var about = Glibc.stat()
        guard number == ENOTDIR || number == ELOOP, fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) == 0 else {
            return SystemError(errno: number, "open the directory", path: path)
        }
        let what = about.st_mode & S_IFMT == S_IFLNK ? "a symbolic link" : "not a directory"
        return SystemError(.unsafeDirectory, "\(path) is \(what); remove it, or choose another place with RBEE_HOME", path: path)
    }

    private static func checkOwnership(of identity: FileIdentity, path: String) throws(SystemError) {
        guard identity.owner == geteuid() else {
            throw SystemError(
                .unsafeDirectory, "\(path) belongs to user \(identity.owner), not to \(geteuid()); choose another place with RBEE_HOME",
                path: path)
        }
        guard identity.permissions & 0o077 == 0, identity.permissions & 0o700 == 0o700 else {
            let mode = String(identity.permissions, radix: 8)
            throw SystemError(.unsafeDirectory, "\(path) has mode \(mode), but must be 700; run: chmod 700 '\(path)'", path: path)
        }
    }

    /// Whoever owns the directory above can put another in this one's place, and so have two daemons where there must be one.
    private func checkParent() throws(SystemError) {
        var about = Glibc.stat()
        guard descriptor.use({ fstatat($0, "..", &about, 0) }) == 0 else {
            throw SystemError(errno: errno, "examine the parent of", path: path)
        }
        // In a user namespace what belongs to root outside shows as nobody's. Elsewhere nobody is a user like any other.
        guard about.st_uid == geteuid() || about.st_uid == 0 || (about.st_uid == Self.overflowUser && Self.isInUserNamespace) else {
            throw SystemError(
                .unsafeDirectory,
                "\(path) lies in a directory of user \(about.st_uid), who could replace it; choose another place with RBEE_HOME",
                path: path)
        }
    }

    private static let overflowUser: UInt32 = 65534

    /// Whether not all users are the same here as outside.
    private static let isInUserNamespace: Bool = {
        guard let map = ProcFile.read(AT_FDCWD, "/proc/self/uid_map", limit: 4096) else { return false }
        let fields = String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return fields != ["0", "0", "4294967295"]
    }()

    private static func makeDirectory(under parent: Int32, name: String, path: String) throws(SystemError) {
        if mkdirat(parent, name, 0o700) == 0 { return }
        let failure = errno
        if failure != EEXIST { throw SystemError(errno: failure, "make the directory", path: path) }
    }

    private static func makeParents(of path: String) throws(SystemError) {
        for (index, byte) in path.utf8.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
            let parent = String(path.utf8.prefix(index)) ?? path
            if access(parent, F_OK) != 0 { try makeDirectory(under: AT_FDCWD, name: parent, path: parent) }
        }
    }

    /// A slash or "/." at the end would make the last component be followed where it is a link.
    private static func withoutTrailingSlash(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
        return path
    }

    /// Accepts one path component that is neither empty, "." nor "..".
    func check(_ name: String) throws(SystemError) {
        let bytes = name.utf8
        guard (1...255).contains(bytes.count), name != ".", name != "..", !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")) else {
            throw SystemError(.invalidValue, "\"\(name)\" cannot be a file name", path: path)
        }
    }
}
