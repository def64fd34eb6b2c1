import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import OperationContract
import Platform
import Testing

/// A hive, a worker with a shepherd, and an engine under its guard, whose children have left it: one into a session of its own, and one from its
/// parent as well.
struct EngineTree {
    /// How many processes an engine is.
    static let size = 4

    private let processes: [Law06NoOrphans.Victim: WatchedProcess]

    init(_ home: TestHome) async throws {
        try Self.configure(home)
        let hive = try await home.hive()
        let worker = try await hive.api.spawn("tree", instance: "one")
        _ = try await hive.api.worker("it is ready", worker.workerID) { $0.status == .ready }
        let line = try #require(try home.holder())
        let shepherd = try #require(ProcessStat.of(pid: line.pid)?.parent)
        try #require(ProcessStat.of(pid: shepherd)?.name == "rbee-shepherd")
        processes = [
            .hive: try WatchedProcess(pid: hive.info.pid), .worker: try WatchedProcess(pid: line.pid),
            .shepherd: try WatchedProcess(pid: shepherd), .engineGuard: try WatchedProcess(pid: Self.engineGuard(home)),
            .engine: try WatchedProcess(pid: Self.engineLine(home).pid),
        ]
    }

    func process(_ victim: Law06NoOrphans.Victim) throws -> WatchedProcess { try #require(processes[victim]) }

    /// Gives a home a model whose engine is such a tree. The engine itself is the hostile daemon: it answers `/health`, and is there at once.
    static func configure(_ home: TestHome) throws {
        mkdir("\(home.path)/engines", 0o700)
        let engine = try home.script(
            "engine", "setsid sleep 1000 & (setsid sleep 1000 &); sleep 1000 & exec \(TestHome.hostileProgram) --instance engine --port $1")
        try home.write(
            "config.yaml", "models:\n  tree:\n    command: ['\(engine)', '${PORT}']\n    env: {RBEE_HOME: '\(home.path)/engines'}\n")
    }

    private static func engineLine(_ home: TestHome) throws -> LockLine {
        let engines = try RunDirectory.open("\(home.path)/run/engines", create: false)
        return try #require(try engines.flatMap { try LockLine.read(in: $0, name: "one.lock") })
    }

    /// The guard of the engine of `worker/one`.
    static func engineGuard(_ home: TestHome) throws -> Int32 {
        let parent = try #require(ProcessStat.of(pid: try engineLine(home).pid)?.parent)
        try #require(ProcessStat.of(pid: parent)?.name == "rbee-guard")
        return parent
    }

    /// `worker/one` with that engine, without a hive.
    static func worker(_ home: TestHome) throws -> DaemonLifecycle {
        var specification = DaemonSpecification(id: try DaemonID(kind: .worker, instance: "one"))
        specification.arguments = ["--port", "0", "--model", "tree"]
        specification.environment = home.environment
        specification.startTimeout = TestAPI.patience
        return try DaemonLifecycle(specification, owner: "tester", home: home.path)
    }
}

/// What is there of a home's processes and files.
extension TestHome {
    private static let daemonNames: Set<String> = ["queen-rbee", "rbee-hive", "rbee-worker", "rbee-test-daemo", "rbee-hostile"]

    /// The living daemons of this home, whether anybody knows of them or not.
    func daemons() -> [ProcessStat] { processes().filter { Self.daemonNames.contains($0.name) } }

    /// The living processes of engines, with the nonces they carry.
    func engines() -> [(process: ProcessStat, nonce: String?)] {
        (ProcessTable.scan() ?? []).filter { !$0.isDead && $0.environmentValue("RBEE_HOME") == "\(path)/engines" }.map {
            ($0, $0.environmentValue(DaemonEnvironment.nonce))
        }
    }

    /// Checks that no process, socket, record, handle or half-written file of this home is left.
    func expectNothingLeft() async throws {
        // A shepherd tells how its daemon ended before it goes itself.
        _ = try await eventually("the shepherds are gone") { processes().allSatisfy { $0.name != "rbee-shepherd" } ? true : nil }
        #expect(processes().map(\.name) == [])
        #expect(engines().map(\.process.name) == [])
        for folder in ["queen", "hive", "worker", "handles", "engines", "ports"] {
            let left = names(in: "run/\(folder)").filter { $0.hasSuffix(".sock") || $0.hasSuffix(".json") || $0.hasSuffix(".tmp") }
            #expect(left == [], "run/\(folder)")
        }
    }
}
