public import DaemonContract
internal import EventLoop
internal import FoundationEssentials
internal import Glibc
internal import Platform

/// Puts daemons' binaries in their place and takes them away again.
///
/// An installation is whole or not at all: the copy is made beside the target, synced, has to answer `--version`, and only then takes the
/// target's name. A process that runs the old binary keeps it, since the name stands for a new file.
public struct Installer: Sendable {
    /// Where binaries go unless told otherwise: `$RBEE_HOME/bin` with a home of its own, `~/.local/bin` without.
    public let defaultDirectory: String
    private let sourceDirectory: String?
    private let probe: InstallProbe

    /// - Parameters:
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - sourceDirectory: where binaries are taken from when no source is named; nil: beside the running executable.
    ///   - patience: how long a binary may take to answer `--version`.
    /// - Throws: `badDirectory` when no home is known.
    public init(home: String? = nil, sourceDirectory: String? = nil, patience: Duration = .seconds(2)) throws(InstallError) {
        var environment = ProcessInfo.processInfo.environment
        if let home { environment[DaemonEnvironment.home] = home }
        do {
            defaultDirectory = try RbeeHome.fromEnvironment(environment).bin
        } catch {
            throw InstallError(.badDirectory, error.message, path: error.path, underlying: error)
        }
        self.sourceDirectory = sourceDirectory ?? RunningExecutable.directory
        probe = InstallProbe(patience: patience)
    }

    /// Installs a binary.
    ///
    /// - Returns: where it is now. `foundInTarget` tells whether it was looked for, and found, in a build directory.
    /// - Throws: what is wrong; then nothing was changed and nothing is left behind.
    public func install(_ config: InstallConfig) async throws(InstallError) -> InstallResult {
        do {
            return try await onBlockingThread { [self] in try installBlocking(config) }
        } catch let error as InstallError {
            throw error
        } catch {
            throw InstallError(.fileSystem, "\(config.binaryName) was not installed: \(error)", underlying: error)
        }
    }

    /// Removes an installed binary, unless a process runs it.
    ///
    /// - Returns: false when it was not installed, which is fine.
    public func uninstall(_ config: UninstallConfig) async throws(InstallError) -> Bool {
        do {
            return try await onBlockingThread { try InstallRemoval(path: config.installPath, name: config.daemonName).run() }
        } catch let error as InstallError {
            throw error
        } catch {
            throw InstallError(.fileSystem, "\(config.installPath) was not removed: \(error)", path: config.installPath, underlying: error)
        }
    }

    /// What a binary answers to `--version`: its first line.
    ///
    /// - Throws: `notVerified` when it does not answer, or not in time; nothing of it is left running.
    public func version(of path: String) async throws(InstallError) -> String {
        let probe = probe
        do {
            return try await onBlockingThread { try probe.ask(path, name: path.split(separator: "/").last.map(String.init) ?? path) }
        } catch let error as InstallError {
            throw error
        } catch {
            throw InstallError(.notVerified, "\(path) cannot be asked for its version: \(error)", path: path, underlying: error)
        }
    }

    private func installBlocking(_ config: InstallConfig) throws(InstallError) -> InstallResult {
        let name = config.binaryName
        guard !name.isEmpty, !name.contains("/"), !name.utf8.contains(0), name != ".", name != ".." else {
            throw InstallError(.invalidName, "\"\(name)\" is no name of a binary: expected a file name without '/'")
        }
        let source = try InstallSource.open(try path(of: name, config.binaryPath))
        let target = try InstallTarget(directory: config.targetPath ?? defaultDirectory, name: name)
        try target.check(against: source)
        let copy = try target.stage(source)
        do {
            try probe.check(copy.path, name: name, source: source.path)
            try copy.commit()
        } catch {
            copy.discard()
            throw error
        }
        return InstallResult(
            binaryPath: target.path, installTime: UInt64(max(0, time(nil))),
            foundInTarget: config.binaryPath == nil && source.path.split(separator: "/").contains(".build"))
    }

    private func path(of name: String, _ given: String?) throws(InstallError) -> String {
        if let given {
            guard given.hasPrefix("/") else {
                throw InstallError(.sourceMissing, "\(given) is not an absolute path: give the whole path of the binary", path: given)
            }
            return given
        }
        guard let sourceDirectory else {
            throw InstallError(
                .sourceMissing, "\(name) was not found: the place of the running program is not known; name the binary to install")
        }
        return "\(sourceDirectory)/\(name)"
    }
}
