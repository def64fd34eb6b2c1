import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import HTTP
import OperationContract
import Platform
import Testing
import WorkerLifecycle

/// How a hive ends, and what it tells its queen.
struct EndLiveTests {
    @Test func withCascadeItsWorkersGoAndOthersStay() async throws {
        try await TestHome.with { home in
            let queen = try FakeQueen()
            // A worker of somebody else, that the hive was asked for by its name: found, kept, and not its own.
            let other = try WorkerLifecycle(instance: "other", model: "builtin", owner: "tester", home: home.path)
            try await other.ensure()
            let hive = try await home.hive(queenURL: queen.url)
            let own = try await hive.api.spawn()
            let found = try await hive.api.spawn(instance: "other")
            #expect(found.alreadyRunning == true)
            let process = try WatchedProcess(pid: Int32(own.pid))
            #expect(try await hive.api.ask(.post, DaemonPath.shutdown, #"{"cascade":true}"#).status == 200)
            try await hive.gone()
            #expect(!process.isRunning)
            #expect(try await home.running() == ["worker/other"])
            // Its last word comes after its workers'.
            let last = try await queen.hive("the goodbye") { $0.hive.operationalStatus == .stopped }
            #expect(last.workers.isEmpty)
            try await queen.worker("the worker's goodbye") { $0.id == own.workerID && $0.status == .stopped }
        }
    }

    @Test func withoutCascadeItsWorkersStay() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let worker = try await hive.api.spawn()
            #expect(try await hive.api.ask(.post, DaemonPath.shutdown, #"{"cascade":false}"#).status == 200)
            try await hive.gone()
            #expect(try WatchedProcess(pid: Int32(worker.pid)).isRunning)
            #expect(try await home.running() == ["worker/builtin-1"])
            let successor = try await home.hive()
            #expect(try await successor.api.workers().map(\.pid) == [worker.pid])
        }
    }

    @Test func aStartUnderWayEndsWithTheHive() async throws {
        try await TestHome.with { home in
            try home.wrap("rbee-worker", "sleep 300")
            let hive = try await home.hive()
            let wish = Task { try await hive.api.ask(.post, RegistryPath.workers, #"{"model":"builtin"}"#) }
            let lifecycle = try home.daemon(.worker, "builtin-1")
            let pid = try await eventually("the worker's process") { try await lifecycle.status().pid }
            let worker = try WatchedProcess(pid: pid)
            #expect(try await hive.api.ask(.post, DaemonPath.shutdown, #"{"cascade":true,"grace_ms":300}"#).status == 200)
            try await hive.gone()
            try await worker.gone()
            // Whoever asked was told, or cut off; nobody hangs.
            if let answer = try? await wish.value { #expect(answer.status >= 400) }
            #expect(try await home.running().isEmpty)
        }
    }

    @Test func aWorkerThatHeedsNothingIsKilledInTime() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let worker = try await hive.api.spawn()
            let process = try WatchedProcess(pid: Int32(worker.pid))
            try process.signal(SIGSTOP)
            #expect(try await hive.api.ask(.post, DaemonPath.shutdown, #"{"cascade":true,"grace_ms":2000}"#).status == 200)
            try await hive.gone()
            #expect(!process.isRunning)
            #expect(try await home.running().isEmpty)
        }
    }

    @Test func theQueenHearsOfTheHiveAtOnceAndOfEveryChange() async throws {
        try await TestHome.with { home in
            let queen = try FakeQueen()
            let hive = try await home.hive(queenURL: queen.url)
            let first = try await queen.hive("the first heartbeat") { $0.hive.operationalStatus == .ready }
            #expect(first.hive.id == "localhost" && first.hive.port == hive.info.port && first.hive.baseURL == hive.info.baseURL)
            #expect(first.workers.isEmpty && first.capabilities?.last?.id == "CPU-0")
            // The interval is half a minute: whatever comes sooner comes because of the change.
            let worker = try await hive.api.spawn()
            let told = try await queen.hive("the worker in a heartbeat") { $0.workers.contains { $0.pid == worker.pid } }
            #expect(told.workers.first?.instance == "builtin-1" && told.workers.first?.model == "builtin")
            try await queen.worker("the worker's own") { $0.id == "builtin-1" && $0.status == .ready && $0.hiveID == "localhost" }
            #expect(queen.authorizations == ["Bearer \(home.token)"])
        }
    }

    @Test func withoutAQueenAllElseWorks() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let worker = try await hive.api.spawn()
            #expect(try await hive.api.ask(.get, DaemonPath.health).text == #"{"status":"healthy"}"#)
            #expect(try await hive.api.ask(.delete, RegistryPath.worker(worker.workerID)).status == 200)
            _ = try await eventually("a word in the log") {
                home.text("logs/hive-localhost.log")?.contains("A heartbeat was not taken.") == true ? true : nil
            }
            #expect(try await hive.lifecycle.stop().wasRunning)
            #expect(try await home.running().isEmpty)
        }
    }

    @Test func heartbeatsCarryTheTokenThatStandsThere() async throws {
        try await TestHome.with(environment: ["RBEE_HEARTBEAT_INTERVAL": "50ms"]) { home in
            let queen = try FakeQueen()
            let hive = try await home.hive(queenURL: queen.url)
            _ = try await hive.api.spawn()
            try await queen.hive("a heartbeat") { !$0.workers.isEmpty }
            try await queen.worker("another one") { _ in true }
            let other = String(repeating: "0123456789abcdef", count: 4)
            // In one step: half a token is none, and would be replaced by whoever sees it.
            try AtomicFile.write("\(home.path)/run/token", Array(other.utf8), mode: 0o600)
            _ = try await eventually("the other token") { queen.authorizations.contains("Bearer \(other)") ? true : nil }
        }
    }
}
