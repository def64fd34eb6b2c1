package import DaemonContract

/// Puts binaries in their place and takes them away again.
package protocol BinaryInstaller: Sendable {
    /// Installs atomically, after the binary has shown that it runs.
    func install(_ config: InstallConfig) async throws -> InstallResult
    /// Removes an installed binary.
    ///
    /// - Returns: false when there was none.
    func uninstall(_ config: UninstallConfig) async throws -> Bool
    /// Where binaries go unless told otherwise.
    var defaultDirectory: String { get }
}
