internal import Glibc
internal import Platform

/// Which service manager starts daemons at boot.
enum BootManager: String, CaseIterable, Sendable {
    case systemd, launchd

    /// The one of this system.
    static var native: BootManager {
        #if os(macOS)
            .launchd
        #else
            .systemd
        #endif
    }
}

/// The file of one daemon for one service manager, on disk.
struct BootEntry: Sendable {
    let service: BootService
    let manager: BootManager
    let file: BootFile
    /// The link by which systemd knows that it is enabled; launchd needs none.
    let link: String?

    /// - Parameters:
    ///   - home: the user's home directory.
    ///   - configuration: the folder of the user's configuration, `~/.config`.
    init(_ service: BootService, _ manager: BootManager, home: String, configuration: String) {
        self.service = service
        self.manager = manager
        switch manager {
        case .systemd:
            file = SystemdUnit.file(service, configuration: configuration)
            link = SystemdUnit.enablingLink(service, configuration: configuration)
        case .launchd:
            file = LaunchAgent.file(service, home: home)
            link = nil
        }
    }

    /// What stands there now.
    func standing() throws(SystemError) -> BootFile.Standing {
        file.standing(of: try AtomicFile.read(file.path).map { String(decoding: $0, as: UTF8.self) })
    }

    /// Whether the service manager would start it.
    var isEnabled: Bool { link.map { access($0, F_OK) == 0 } ?? (access(file.path, F_OK) == 0) }

    /// Writes it, unless somebody has edited what is there.
    func enable() throws {
        try refuseEdits("written")
        try Folder.make(String(file.path[..<(file.path.lastIndex(of: "/") ?? file.path.startIndex)]))
        try AtomicFile.write(file.path, Array(file.text.utf8), mode: 0o644)
        guard let link else { return }
        try Folder.make(String(link[..<(link.lastIndex(of: "/") ?? link.startIndex)]))
        if symlink("../\(service.name).service", link) != 0, errno != EEXIST {
            throw SystemError(errno: errno, "make the link", path: link)
        }
    }

    /// Takes it away, unless somebody has edited it.
    ///
    /// - Returns: whether there was one.
    func disable() throws -> Bool {
        try refuseEdits("removed")
        if let link { unlink(link) }
        if unlink(file.path) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError(errno: errno, "remove", path: file.path) }
        return false
    }

    private func refuseEdits(_ what: String) throws {
        guard try standing() == .edited else { return }
        throw KeeperError(
            .failed, "\(file.path) was not \(what): somebody has edited it",
            next: ["rbee-keeper boot print \(service.id) | diff \(ShellWord.quoted(file.path)) -", "rm \(ShellWord.quoted(file.path))"])
    }
}
