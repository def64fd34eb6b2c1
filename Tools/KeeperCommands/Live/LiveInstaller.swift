internal import DaemonContract
internal import DaemonLifecycle
internal import Platform

/// Installs for this machine's home.
struct LiveInstaller: BinaryInstaller {
    private let installer: Installer

    init(root: String?) throws {
        installer = try Installer(home: root)
    }

    var defaultDirectory: String { installer.defaultDirectory }

    func install(_ config: InstallConfig) async throws -> InstallResult {
        try await installer.install(config)
    }

    func uninstall(_ config: UninstallConfig) async throws -> Bool {
        try await installer.uninstall(config)
    }
}

/// Asks this machine.
struct LiveProbes: SystemProbes {
    func holder(ofPort port: Int) throws -> PortOccupant? {
        guard let number = UInt16(exactly: port), let holder = try PortHolder.of(port: number) else { return nil }
        return PortOccupant(pid: holder.pid, description: holder.description)
    }

    func version(ofBinary path: String) async throws -> String {
        try await Installer().version(of: path)
    }
}
