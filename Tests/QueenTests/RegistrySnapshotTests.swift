import DaemonContract
import DaemonRuntime
import OperationContract
import Queen
import Testing

@Suite("What people see of the registry")
struct RegistrySnapshotTests {
    private func snapshot() throws -> RegistrySnapshot {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("stale"), at: second(0))
        _ = try state.upsert(hive: hive("old"), at: second(0))
        _ = try state.upsert(worker: worker("z", model: "b", inFlight: 2), at: second(100))
        _ = try state.upsert(worker: worker("a", model: "c", status: .busy, hive: "h", device: "cuda:0"), at: second(99.5))
        _ = try state.upsert(worker: worker("s", status: .starting), at: second(100))
        _ = try state.upsert(hive: hive("h"), at: second(100))
        _ = try state.upsert(hive: hive("ill", health: .unhealthy(reason: "r")), at: second(100))
        return state.snapshot(at: second(100))
    }

    @Test("Rows, sorted by id, stale ones marked")
    func rows() throws {
        var loads = LoadTable()
        loads.begin("z")
        let reply = try snapshot().status(queen: nil, loads: loads)
        #expect(reply.workers.map(\.workerID) == ["a", "s", "stale", "z"])
        #expect(reply.workers.map(\.isRecent) == [true, true, false, true])
        #expect(reply.workers.map(\.inFlight) == [0, 0, 0, 3])
        #expect(reply.workers.map(\.heartbeatAgeSecs) == [0.5, 0, 100, 0])
        #expect(reply.workers[0].baseURL == "http://localhost:9001")
        #expect(reply.workers[0].hiveID == "h" && reply.workers[3].hiveID == nil)
        #expect(reply.hives.map(\.hiveID) == ["h", "ill", "old"])
        #expect(reply.hives.map(\.isRecent) == [true, true, false])
    }

    @Test("Numbers and models")
    func numbers() throws {
        let time = HeartbeatTimestamp(unixMilliseconds: 0)
        #expect(
            try snapshot().summary(timestamp: time)
                == QueenHeartbeat(
                    workersOnline: 3, workersAvailable: 2, hivesOnline: 2, hivesAvailable: 1, workerIDs: ["a", "s", "z"],
                    hiveIDs: ["h", "ill"],
                    timestamp: time))
        #expect(try snapshot().models == ["b", "c"])
        #expect(try snapshot().worker("z")?.info.modelID == "b")
        #expect(try snapshot().hive("nobody") == nil)
    }
}
