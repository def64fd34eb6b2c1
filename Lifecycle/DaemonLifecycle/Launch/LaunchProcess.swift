internal import Foundation
internal import Platform

/// Runs `rbee-launch`, the one program that Foundation's `Process` starts here: it repairs what `Process` does to a child and is gone in
/// milliseconds, so nothing depends on how soon `Process` sees its end.
enum LaunchProcess {
    /// Starts the launcher. Blocks while the kernel copies the process: not for a loop's thread.
    ///
    /// - Parameters:
    ///   - path: the launcher's path.
    ///   - nonce: stands in the environment of launcher and shepherd, so that they count as part of the daemon they start.
    ///   - input: the end that the launcher reads its specifications from.
    ///   - output: the end that reports are written to.
    static func run(_ path: String, nonce: String, input: Descriptor, output: Descriptor) throws(LifecycleError) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.environment = ["RBEE_NONCE": nonce]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle(fileDescriptor: input.rawValue, closeOnDealloc: false)
        process.standardOutput = FileHandle(fileDescriptor: output.rawValue, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw LifecycleError(
                .launchFailed, "the launcher \(path) could not be started: \(error.localizedDescription)", path: path, underlying: error)
        }
        withExtendedLifetime((input, output)) {}
    }
}
