import CPlatform
import Glibc

/// Where everything of one user lies.
///
/// `RBEE_HOME` puts all of it under one folder. Otherwise the XDG directories are used, but never `XDG_RUNTIME_DIR`: that one goes with the
/// last logout and is absent in cron, while daemons stay. Locks and sockets do not belong on a network file system, nor can they be made on a
/// read-only one: then `/var/tmp/rbee-<uid>` takes their place.
package struct RbeeHome: Hashable, Sendable {
    /// Locks, records, sockets and handles.
    package var run: String
    /// What must survive: models, catalogues.
    package var data: String
    /// Logs.
    package var logs: String
    /// Installed binaries.
    package var bin: String
    /// The configuration file.
    package var configFile: String

    /// Everything under one folder.
    package init(root: String) {
        run = "\(root)/run"
        data = "\(root)/data"
        logs = "\(root)/logs"
        bin = "\(root)/bin"
        configFile = "\(root)/config.yaml"
    }

    /// The places an environment asks for.
    ///
    /// Relative XDG paths are ignored, as their specification says; a relative `RBEE_HOME` is an error, since it would mean another place in
    /// every working directory.
    package static func fromEnvironment(_ environment: [String: String]) throws(SystemError) -> RbeeHome {
        if let root = environment["RBEE_HOME"], !root.isEmpty {
            guard root.hasPrefix("/"), !root.utf8.contains(0) else {
                throw SystemError(.invalidValue, "RBEE_HOME must be an absolute path, not \"\(root)\"", path: root)
            }
            return RbeeHome(root: trimmed(root))
        }
        let home = try home(environment["HOME"])
        let config = absolute(environment["XDG_CONFIG_HOME"]) ?? "\(home)/.config"
        let data = absolute(environment["XDG_DATA_HOME"]) ?? "\(home)/.local/share"
        let state = absolute(environment["XDG_STATE_HOME"]) ?? "\(home)/.local/state"
        let fallback = "/var/tmp/rbee-\(geteuid())"
        let stateRoot = isWritable(state) && !isRemote(state) ? "\(state)/rbee" : fallback
        var places = RbeeHome(root: stateRoot)
        places.data = isWritable(data) ? "\(data)/rbee" : "\(fallback)/data"
        places.bin = "\(home)/.local/bin"
        places.configFile = "\(config)/rbee/config.yaml"
        return places
    }

    /// A path with `~/` at its head spelled out.
    ///
    /// - Throws: when no home directory is known.
    package static func expanding(_ path: String, _ environment: [String: String]) throws(SystemError) -> String {
        path.hasPrefix("~/") ? "\(try home(environment["HOME"]))\(path.dropFirst())" : path
    }

    private static func absolute(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/"), !path.utf8.contains(0) else { return nil }
        return trimmed(path)
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path == "/" ? "" : path
    }

    private static func home(_ stated: String?) throws(SystemError) -> String {
        if let path = absolute(stated) { return path }
        guard let account = getpwuid(geteuid()), let home = account.pointee.pw_dir, let path = absolute(String(cString: home)) else {
            throw SystemError(.invalidValue, "no home directory is known: set RBEE_HOME to an absolute path")
        }
        return path
    }

    private static func isWritable(_ path: String) -> Bool {
        access(nearestExisting(path), W_OK | X_OK) == 0
    }

    /// The file systems whose locks other machines share, or that lose them.
    private static let remoteFileSystems: Set<Int64> = [
        0x6969,  // NFS
        0xFF53_4D42,  // CIFS
        0xFE53_4D42,  // SMB2
        0x517B,  // SMB
        0x5346_414F,  // AFS
        0x7375_7245,  // Coda
        0x00C3_6400,  // Ceph
        0x0BD0_0BD0,  // Lustre
        0x0102_1997,  // 9P
    ]

    private static func isRemote(_ path: String) -> Bool {
        remoteFileSystems.contains(rbee_filesystem_type(nearestExisting(path)))
    }

    private static func nearestExisting(_ path: String) -> String {
        var path = path
        while access(path, F_OK) != 0, let slash = path.lastIndex(of: "/"), path != "/" {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return path
    }
}
