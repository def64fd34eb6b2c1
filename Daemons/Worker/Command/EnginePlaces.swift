package import Platform

/// Where an engine of one worker gets its port or its socket.
package struct EnginePlaces: Sendable {
    /// What fits into a socket's address, its final NUL aside.
    private static let longestPath = 107

    let ports: EnginePorts
    private let sockets: RunDirectory
    private let socketName: String

    /// - Parameters:
    ///   - run: the run directory.
    ///   - instance: the worker's instance, whose lock the caller holds.
    package init(run: RunDirectory, instance: String) throws(SystemError) {
        ports = EnginePorts(directory: try run.makeSubdirectory("ports"))
        sockets = try run.makeSubdirectory("engines")
        socketName = "\(instance).sock"
    }

    /// The path of the engine's socket, with nothing there yet.
    ///
    /// An engine that was killed leaves its socket behind. The worker's lock is ours, so no engine of this worker is alive to miss it.
    func makeSocketPlace() throws(EngineError) -> String {
        let path = "\(sockets.path)/\(socketName)"
        guard path.utf8.count <= Self.longestPath else {
            throw EngineError(
                .misconfigured,
                "the path of the engine's socket, \(path), has \(path.utf8.count) bytes and may have \(Self.longestPath): use a shorter "
                    + "RBEE_HOME, or ${PORT} instead of ${SOCKET}"
            )
        }
        do {
            if let left = try sockets.stat(socketName), left.kind == .socket { _ = try sockets.unlink(socketName, ifIdentity: left) }
        } catch {
            throw EngineError(.startFailed, "the place of the engine's socket cannot be made free: \(error.message)", underlying: error)
        }
        return path
    }

    /// Removes what the engine left there.
    func removeSocket() {
        // Not worth an error: the next start removes it too.
        _ = try? makeSocketPlace()
    }
}
