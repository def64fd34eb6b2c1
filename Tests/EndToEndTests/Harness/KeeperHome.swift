import DaemonContract
import DaemonHarness
import EventLoop
import FoundationEssentials
import Glibc
import Platform
import Testing

/// A fresh `RBEE_HOME` for one test. At its end everything in it is shut down and it is checked that nothing is left.
final class KeeperHome: Sendable {
    let path: String
    /// The directory of the built programs, beside the test itself.
    let programs: String

    private init() throws {
        var template = Array("/tmp/rbee-e2e-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        programs = String(executable[..<(executable.lastIndex(of: "/") ?? executable.endIndex)])
    }

    /// Runs the test in a home of its own.
    static func with(_ body: (KeeperHome) async throws -> Void) async throws {
        let home = try KeeperHome()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(home))
        } catch {
            result = .failure(error)
        }
        try await home.end()
        try result.get()
    }

    var keeper: String { "\(programs)/rbee-keeper" }

    func environment(_ more: [String: String] = [:]) -> [String: String] {
        var environment = ["RBEE_HOME": path, "RBEE_BIN_DIR": programs, "PATH": "/usr/bin:/bin", "HOME": path, "LANG": "C.UTF-8"]
        for (name, value) in more { environment[name] = value.isEmpty ? nil : value }
        return environment
    }

    func start(_ arguments: [String], environment: [String: String] = [:], input: String = "", joined: Bool = false) throws -> KeeperProcess
    {
        try KeeperProcess(keeper, arguments, environment: self.environment(environment), input: input, joined: joined)
    }

    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:], input: String = "") async throws -> KeeperProcess.Outcome {
        try await start(arguments, environment: environment, input: input).finish()
    }

    /// `up` on ports that the kernel chooses.
    @discardableResult
    func up(_ more: String...) async throws -> [DaemonStatusRow] {
        let outcome = try await start(["up", "--json", "--port", "0", "--hive-port", "0"] + more).finish()
        try #require(outcome.exit == 0, "\(outcome.errors)")
        return try ContractJSON.decode(DaemonStatusList.self, text: outcome.output).daemons
    }

    /// The row of one daemon, as `status --json` prints it.
    func row(_ name: String) async throws -> DaemonStatusRow {
        let outcome = try await run("status", name, "--json")
        return try #require(try ContractJSON.decode(DaemonStatusList.self, text: outcome.output).daemons.first)
    }

    /// Writes a file beneath the home, with the directories on the way as ours alone.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
        let file = "\(path)/\(name)"
        let number = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(errno: errno, "write", path: file) }
        try Descriptor(adopting: number).write(Array(text.utf8))
        chmod(file, mode)
        return file
    }

    func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    /// The living processes that were started with this home.
    func processes() -> [ProcessStat] {
        (ProcessTable.scan() ?? []).filter { !$0.isDead && $0.pid != getpid() && $0.environmentValue("RBEE_HOME") == path }
    }

    private func end() async throws {
        let outcome = try await run("shutdown-all", "--timeout", "30s")
        #expect(outcome.exit == 0, "shutdown-all: \(outcome.errors)")
        // A shepherd records how its daemon ended and goes; the lock is free before, so one that is about to go is no leftover.
        for process in processes() {
            guard let watch = try ProcessWatch.open(pid: process.pid) else { continue }
            try? await EventLoop.shared.withDeadline(.seconds(5)) { try await EventLoop.shared.readable(watch.descriptor) }
        }
        let left = processes()
        #expect(left.isEmpty, "left running: \(left.map { "\($0.pid) \($0.name)" })")
        for process in left { kill(process.pid, SIGKILL) }
        let sockets = ["queen", "hive", "worker"].flatMap { kind in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/run/\(kind)"))?.filter { $0.hasSuffix(".sock") } ?? []
        }
        #expect(sockets.isEmpty, "sockets left: \(sockets)")
        try? FileManager.default.removeItem(atPath: path)
    }
}
