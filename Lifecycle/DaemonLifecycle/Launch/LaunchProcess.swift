internal import Foundation
internal import Glibc
internal import Platform
internal import Synchronization

/// Runs `rbee-launch`, the one program that Foundation's `Process` starts here: it repairs what `Process` does to a child and is gone in
/// milliseconds, so nothing depends on how soon `Process` sees its end.
enum LaunchProcess {
    /// What `Process` opens for itself: it traps where it gets less. Found by giving it less.
    private static let descriptorsNeeded = 24
    /// One at a time, so that none takes the room that another has just found.
    private static let turn = Mutex(())

    /// Starts the launcher. Blocks while the kernel copies the process: not for a loop's thread.
    ///
    /// - Parameters:
    ///   - path: the launcher's path.
    ///   - nonce: stands in the environment of launcher and shepherd, so that they count as part of the daemon they start.
    ///   - input: the end that the launcher reads its specifications from.
    ///   - output: the end that reports are written to.
    /// - Returns: the launcher's number.
    static func run(_ path: String, nonce: String, input: Descriptor, output: Descriptor) throws(LifecycleError) -> Int32 {
        try turn.withLock { _ throws(LifecycleError) in try start(path, nonce: nonce, input: input, output: output) }
    }

    private static func start(_ path: String, nonce: String, input: Descriptor, output: Descriptor) throws(LifecycleError) -> Int32 {
        do {
            try DescriptorRoom.check(for: descriptorsNeeded)
        } catch {
            throw LifecycleError(
                .launchFailed, "the launcher \(path) could not be started: \(error.message)", path: path, underlying: error)
        }
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
            // It closes all that is open in the child, and cannot where that is beyond what the process may have by now.
            let isBeyond = (error as NSError).code == Int(EBADF)
            let hint = isBeyond ? "; does this process hold a descriptor beyond its limit? Compare: ls /proc/\(getpid())/fd; ulimit -n" : ""
            throw LifecycleError(
                .launchFailed, "the launcher \(path) could not be started: \(error.localizedDescription)\(hint)", path: path,
                underlying: error)
        }
        withExtendedLifetime((input, output)) {}
        return process.processIdentifier
    }
}
