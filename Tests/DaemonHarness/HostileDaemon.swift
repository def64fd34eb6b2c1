package import DaemonContract
package import DaemonLifecycle
internal import EventLoop
internal import Glibc
package import Platform

/// Daemons that misbehave as they are told, and what is seen of them from outside.
extension TestHome {
    /// The program: `rbee-hostile --help` says what it can do.
    package static var hostileProgram: String { "\(binaries)/rbee-hostile" }

    /// A daemon whose program is the hostile one.
    ///
    /// - Parameters:
    ///   - arguments: how it misbehaves.
    ///   - program: another program that is to be one.
    package func hostile(
        _ arguments: [String] = [], kind: DaemonKind = .worker, instance: String = "one", owner: String = "tester",
        program: String = TestHome.hostileProgram, configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws -> DaemonLifecycle {
        var specification = DaemonSpecification(
            id: try DaemonID(kind: kind, instance: instance), program: program, arguments: ["--kind", kind.rawValue] + arguments,
            environment: environment)
        configure(&specification)
        return try DaemonLifecycle(specification, owner: owner, home: path)
    }

    /// The lines that starts with `--count` have written.
    package func starts(_ name: String = "starts") -> [String] {
        (text(name) ?? "").split(separator: "\n").map(String.init)
    }

    /// Who holds a daemon's lock, by its line.
    package func holder(_ kind: DaemonKind = .worker, _ instance: String = "one") throws -> LockLine? {
        let id = try DaemonID(kind: kind, instance: instance)
        guard let files = try DaemonFiles.open(id, home: RbeeHome(root: path), create: false), case .held(let line, _, _) = try files.look()
        else { return nil }
        return line
    }

    /// The holder of a lock that somebody is about to take.
    package func nextHolder(_ kind: DaemonKind = .worker, _ instance: String = "one", otherThan known: LockLine? = nil) async throws
        -> LockLine
    {
        try await eventually("a holder of \(kind)/\(instance)") {
            guard let line = try holder(kind, instance), line != known else { return nil }
            return line
        }
    }

    /// Whether something stands under a name of the home, links not followed.
    package func exists(_ name: String) -> Bool {
        var about = stat()
        return lstat("\(path)/\(name)", &about) == 0
    }

    /// The names in a folder of the home.
    package func names(in folder: String) -> [String] {
        guard let stream = opendir("\(path)/\(folder)") else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The living processes that were started with this home, shepherds and this process apart.
    package func processes() -> [ProcessStat] {
        (ProcessTable.scan() ?? []).filter { process in
            !process.isDead && process.pid != getpid() && process.environmentValue(DaemonEnvironment.home) == path
        }
    }
}

/// A named pipe that a hostile daemon waits at until the test lets it, and all that come after it, go on.
package final class Gate: Sendable {
    package let path: String
    private let pipe: Descriptor

    package init(in home: TestHome, _ name: String = "gate") throws {
        path = "\(home.path)/\(name)"
        guard mkfifo(path, 0o600) == 0 else { throw SystemError(errno: errno, "make a pipe", path: path) }
        // For reading and writing, so that what is written stays, whether or not anybody waits yet.
        let number = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw SystemError(errno: errno, "open", path: path) }
        pipe = Descriptor(adopting: number)
    }

    package func open() throws {
        try pipe.write([1])
    }
}
