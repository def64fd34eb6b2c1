import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import HTTP
import OperationContract
import Testing

/// Workers that end: by being killed, by crashing again and again, by themselves.
struct SupervisionLiveTests {
    @Test func aKilledWorkerIsBackAndTheQueenKnows() async throws {
        try await TestHome.with { home in
            let queen = try FakeQueen()
            let hive = try await home.hive(queenURL: queen.url)
            let first = try await hive.api.spawn()
            try await queen.worker("the first life") { $0.port == first.port && $0.status == .ready }
            try await WatchedProcess(pid: Int32(first.pid)).kill()
            let again = try await hive.api.worker("another process") { $0.pid != 0 && $0.pid != first.pid }
            #expect(again.restarts == 1)
            // The queen is told of the end in the worker's place, and of the new life by the worker itself.
            try await queen.worker("the end of the first life") { $0.port == first.port && $0.status == .stopped }
            try await queen.worker("the second life") { $0.port == again.port && $0.status == .ready && $0.hiveID == "localhost" }
            try await queen.hive("the new process") { $0.workers.map(\.pid) == [again.pid] }
            #expect(try await hive.api.ask(.get, DaemonPath.health).text == #"{"status":"healthy"}"#)
        }
    }

    @Test func oneThatKeepsCrashingIsGivenUpAndSaidSo() async throws {
        try await TestHome.with { home in
            try home.wrap("rbee-worker", "[ ! -e \(home.path)/crash ] || { echo told to crash; exit 9; }")
            let hive = try await home.hive()
            let first = try await hive.api.spawn()
            try home.write("crash", "")
            try await WatchedProcess(pid: Int32(first.pid)).kill()
            let failed = try await hive.api.worker("the failure") { $0.status == .stopped }
            #expect(failed.reason?.contains("exited with status 9") == true && failed.reason?.contains("told to crash") == true)
            #expect(failed.pid == 0 && failed.port == 0)
            let health = try await hive.api.ask(.get, DaemonPath.health)
            #expect(health.status == 200)
            #expect(health.text.contains(#""status":"degraded""#) && health.text.contains("rbee-keeper worker start builtin-1"))
            // One wish is one attempt, with its own error.
            let refused = try await hive.api.ask(.post, RegistryPath.workers, #"{"model":"builtin","reuse":true}"#)
            #expect(refused.status == 502 && refused.error?.code == "start_failed")
            #expect(try await hive.api.workers().map(\.status) == [.stopped])
            // Once the cause is gone, the next wish is granted, by the same worker.
            home.remove(file: "crash")
            let back = try await hive.api.spawn(reuse: true)
            #expect(back.workerID == "builtin-1")
            #expect(try await hive.api.workers().map(\.pid) == [back.pid])
            #expect(try await hive.api.ask(.get, DaemonPath.health).text == #"{"status":"healthy"}"#)
        }
    }

    @Test func oneThatEndsByItselfIsForgotten() async throws {
        try await TestHome.with { home in
            let queen = try FakeQueen()
            let hive = try await home.hive(queenURL: queen.url)
            let worker = try await hive.api.spawn(ttlSecs: 0.3)
            // It may have ended by now: that is what it is for.
            try await (try? WatchedProcess(pid: Int32(worker.pid)))?.gone()
            try await queen.worker("its goodbye") { $0.id == worker.workerID && $0.status == .stopped }
            _ = try await eventually("an empty hive") { try await hive.api.workers().isEmpty ? true : nil }
            #expect(try await hive.api.ask(.get, DaemonPath.health).text == #"{"status":"healthy"}"#)
            #expect(try await home.running() == ["hive/localhost"])
        }
    }

    @Test func oneThatSomebodyElseStopsStaysStopped() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let worker = try await hive.api.spawn()
            #expect(try await home.daemon(.worker, worker.workerID).stop().wasRunning)
            _ = try await eventually("an empty hive") { try await hive.api.workers().isEmpty ? true : nil }
            #expect(try await home.running() == ["hive/localhost"])
            #expect(try await hive.api.spawn().workerID == worker.workerID)
        }
    }

    @Test func aHiveThatIsKilledLeavesItsWorkersAndTheNextTakesThemOver() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let workers = [try await hive.api.spawn(), try await hive.api.spawn()]
            try await hive.kill()
            for worker in workers { #expect(try WatchedProcess(pid: Int32(worker.pid)).isRunning) }
            let successor = try await home.hive()
            #expect(successor.info.pid != hive.info.pid)
            // Known as soon as it is ready, with all there is to know.
            let known = try await successor.api.workers()
            #expect(known.map(\.pid) == workers.map(\.pid) && known.map(\.model) == ["builtin", "builtin"])
            #expect(try await successor.api.spawn(reuse: true).alreadyRunning == true)
            #expect(try await successor.api.spawn().workerID == "builtin-3")
            // Kept from now on.
            try await WatchedProcess(pid: Int32(workers[0].pid)).kill()
            let again = try await successor.api.worker("another process") { $0.pid != 0 && $0.pid != workers[0].pid }
            #expect(again.restarts == 1)
        }
    }

    @Test func aWorkerThatIsStartingWhenItsHiveDiesIsTakenOverOnceItIsReady() async throws {
        try await TestHome.with { home in
            // Its start waits until the test lets it go on.
            try home.wrap("rbee-worker", "while [ ! -e \(home.path)/go ]; do sleep 0.02; done")
            let hive = try await home.hive()
            let wish = Task { try await hive.api.spawn() }
            let id = try DaemonID(kind: .worker, instance: "builtin-1")
            let lifecycle = try home.daemon(.worker, id.instance)
            let pid = try await eventually("the worker's process") { try await lifecycle.status().pid }
            try await hive.kill()
            _ = await wish.result
            let successor = try await home.hive()
            #expect(try await successor.api.workers().isEmpty)
            try home.write("go", "")
            let adopted = try await successor.api.worker("the worker") { $0.pid != 0 }
            #expect(adopted.pid == UInt32(pid))
        }
    }
}
