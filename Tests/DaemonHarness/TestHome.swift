package import DaemonContract
package import DaemonLifecycle
internal import EventLoop
internal import FoundationEssentials
package import Glibc
internal import HiveLifecycle
internal import Platform
internal import QueenLifecycle
internal import WorkerLifecycle

/// A run directory of its own for one test. Whatever runs in it at the end is stopped, and the directory removed.
package final class TestHome: Sendable {
    /// What `RBEE_HOME` is.
    package let path: String
    /// What every daemon of this home finds in its environment, beyond the test's own.
    package let environment: [String: String]

    private init(_ environment: [String: String]) throws {
        var template = Array("/tmp/rbee-trio-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let ports = ["RBEE_QUEEN_PORT": "0", "RBEE_HIVE_PORT": "0"]
        self.environment = ports.merging(environment) { $1 }
    }

    /// Runs a test's body in a home and cleans up after it, pass or fail.
    ///
    /// - Parameters:
    ///   - environment: variables for the daemons.
    ///   - configuration: the text of `config.yaml`.
    package static func with<Value: Sendable>(
        environment: [String: String] = [:], configuration: String? = nil, _ body: (TestHome) async throws -> Value
    ) async throws -> Value {
        let home = try TestHome(environment)
        let result: Result<Value, any Error>
        do {
            if let configuration { try home.write("config.yaml", configuration) }
            result = .success(try await body(home))
        } catch {
            result = .failure(error)
        }
        await home.end()
        return try result.get()
    }

    private func end() async {
        // Owners first: a hive that still lives would start its workers again.
        for kind in DaemonKind.locked {
            for id in (try? DaemonDirectory(home: path).known()) ?? [] where id.kind == kind {
                guard let files = try? DaemonFiles.open(id, home: RbeeHome(root: path), create: false),
                    (try? FileLock.probe(in: files.directory, name: files.lock)) == .held
                else { continue }
                let lifecycle = try? DaemonLifecycle(DaemonSpecification(id: id), owner: "cleaner", home: path)
                _ = try? await lifecycle?.stop(grace: .seconds(2), cascade: true)
            }
        }
        // What those left running that a test killed.
        _ = try? await Upkeep(home: path).clear()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file of the home.
    package func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw SystemError(errno: errno, "create", path: name) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw SystemError(errno: errno, "write", path: name) }
    }

    /// The text of a file of the home.
    package func text(_ name: String) -> String? {
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A program made of a shell script.
    package func script(_ name: String, _ text: String) throws -> String {
        try write(name, "#!/bin/sh\n\(text)\n", mode: 0o700)
        return "\(path)/\(name)"
    }

    /// Where the built programs are: beside the running one.
    package static var binaries: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Puts a script in the place of a program: the hive and the queen look here before they look beside themselves.
    ///
    /// - Parameter script: what it does before it becomes the real program.
    package func wrap(_ program: String, _ script: String) throws {
        if access("\(path)/bin", F_OK) != 0 { mkdir("\(path)/bin", 0o700) }
        try write("bin/\(program)", "#!/bin/sh\n\(script)\nexec \(Self.binaries)/\(program) \"$@\"\n", mode: 0o700)
    }

    package func remove(file name: String) {
        unlink("\(path)/\(name)")
    }

    /// The token of the run directory.
    package var token: String {
        String((text("run/token") ?? "").filter { !$0.isWhitespace })
    }

    // MARK: Daemons

    /// The queen, started and asked.
    package func queen(_ environment: [String: String] = [:], owner: String = "tester") async throws -> TestDaemon {
        let queen = try QueenLifecycle(port: 0, owner: owner, home: path) { $0.environment = self.environment.merging(environment) { $1 } }
        try await queen.ensure()
        return try await TestDaemon(queen.lifecycle, self)
    }

    /// A hive, started and asked.
    package func hive(
        _ environment: [String: String] = [:], instance: String? = nil, queenURL: String? = nil, owner: String = "tester"
    ) async throws -> TestDaemon {
        let hive = try HiveLifecycle(instance: instance, port: 0, queenURL: queenURL, owner: owner, home: path) {
            $0.environment = self.environment.merging(environment) { $1 }
        }
        try await hive.ensure()
        return try await TestDaemon(hive.lifecycle, self)
    }

    /// A daemon of this home by its kind and name, whoever started it.
    package func daemon(_ kind: DaemonKind, _ instance: String? = nil) throws -> DaemonLifecycle {
        try DaemonLifecycle(try DaemonSpecification(kind: kind, instance: instance), owner: "tester", home: path)
    }

    /// The daemons that run here, as `kind/instance`.
    package func running() async throws -> [String] {
        try await DaemonDirectory(home: path).list().filter(\.state.isRunning).map { "\($0.kind)/\($0.instance)" }
    }
}
