package import DaemonContract
package import DaemonLifecycle
internal import EventLoop
internal import Glibc
package import Platform

/// Daemons made of the test daemon, `worker/one` unless a test says otherwise.
extension TestHome {
    /// The test daemon's program.
    package static var testDaemon: String { "\(binaries)/rbee-test-daemon" }

    /// A daemon whose program is the test daemon, or another that a test gives.
    package func lifecycle(
        _ arguments: [String] = [], kind: DaemonKind = .worker, instance: String = "one", owner: String = "tester",
        program: String = TestHome.testDaemon, configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws -> DaemonLifecycle {
        var specification = DaemonSpecification(
            id: try DaemonID(kind: kind, instance: instance), program: program,
            arguments: ["--kind", kind.rawValue, "--port", "0"] + arguments)
        specification.startTimeout = TestAPI.patience
        configure(&specification)
        return try DaemonLifecycle(specification, owner: owner, home: path)
    }

    /// The run directory of a kind, made where it is missing.
    package func directory(_ kind: DaemonKind = .worker) throws -> RunDirectory {
        try RunDirectory.make("\(path)/run").makeSubdirectory(kind.rawValue)
    }

    /// Waits until nobody holds a daemon's lock. Whoever is just being started by this process has all of its descriptors, the lock that a stop
    /// took to clean up too, until its program begins.
    package func freed(_ kind: DaemonKind = .worker, _ instance: String = "one") async throws {
        _ = try await eventually("nobody holds the lock of \(kind)/\(instance)") { try holder(kind, instance) == nil ? true : nil }
    }

    /// The process that holds a daemon's lock, to be watched and signalled.
    package func process(_ kind: DaemonKind = .worker, _ instance: String = "one") throws -> WatchedProcess {
        guard let line = try holder(kind, instance) else { throw TestDaemon.Failure("\(kind)/\(instance) does not run") }
        return try WatchedProcess(pid: line.pid)
    }

    /// What a name in the home stands for; nil when there is nothing.
    package func file(_ name: String) throws -> FileIdentity? { try FileIdentity.of(path: "\(path)/\(name)") }

    /// Writes a file of a daemon in the run directory, made where it is missing.
    package func writeRun(_ name: String, _ bytes: [UInt8], kind: DaemonKind = .worker) throws {
        let file = try directory(kind).openFile(name, flags: O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(bytes)
    }
}
