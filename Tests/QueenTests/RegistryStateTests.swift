import DaemonContract
import DaemonRuntime
import OperationContract
import Queen
import Testing

@Suite("What the queen knows")
struct RegistryStateTests {
    @Test("A worker joins once, changes when it says so, and leaves when it says so")
    func life() throws {
        var state = RegistryState()
        #expect(try state.upsert(worker: worker("w", status: .starting), at: second(0)) == [.workerJoined(id: "w", model: "m")])
        #expect(try state.upsert(worker: worker("w", status: .starting), at: second(30)) == [])
        #expect(try state.upsert(worker: worker("w"), at: second(60)) == [.workerChanged(id: "w", from: .starting, to: .ready)])
        #expect(state.snapshot(at: second(60)).workers.count == 1)
        #expect(try state.upsert(worker: worker("w", status: .stopped), at: second(61)) == [.workerLeft(id: "w", .saidGoodbye)])
        #expect(try state.upsert(worker: worker("w", status: .stopped), at: second(62)) == [])
        #expect(state.snapshot(at: second(62)).workers.isEmpty)
    }

    @Test("Recent by the moment of receipt, strictly less than ninety seconds")
    func staleness() throws {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("w"), at: second(0))
        _ = try state.upsert(hive: hive("h"), at: second(0))
        let table: [(Double, Bool)] = [(0, true), (89.999, true), (90, false), (500, false)]
        for (moment, recent) in table {
            let snapshot = state.snapshot(at: second(moment))
            #expect(snapshot.workers.map { snapshot.isRecent($0) } == [recent])
            #expect(snapshot.hives.map { snapshot.isRecent($0) } == [recent])
            #expect(snapshot.models == (recent ? ["m"] : []))
        }
        // Received before "now", as far as two threads can tell.
        #expect(state.snapshot(at: Monotonic(nanoseconds: 0)).models == ["m"])
        // Heard of again, it joins again.
        #expect(try state.upsert(worker: worker("w"), at: second(200)) == [.workerJoined(id: "w", model: "m")])
        #expect(try state.upsert(hive: hive("h"), at: second(200)) == [.hiveJoined(id: "h")])
    }

    @Test("Stale entries stay to be seen until they are forgotten")
    func purge() throws {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("b"), at: second(0))
        _ = try state.upsert(worker: worker("a"), at: second(0))
        _ = try state.upsert(worker: worker("late"), at: second(500))
        _ = try state.upsert(hive: hive("h"), at: second(0))
        #expect(state.purge(at: second(599.9)) == [])
        #expect(
            state.purge(at: second(600)) == [
                .workerLeft(id: "a", .forgotten), .workerLeft(id: "b", .forgotten), .hiveLeft(id: "h", .forgotten),
            ])
        #expect(state.purge(at: second(600)) == [])
        #expect(state.snapshot(at: second(600)).workers.map(\.info.id) == ["late"])
    }

    @Test("What still counts is never forgotten, whatever is configured")
    func purgeBounds() throws {
        var state = RegistryState(timing: RegistryTiming(timeout: .seconds(90), purgeAge: .seconds(1)))
        _ = try state.upsert(worker: worker("w"), at: second(0))
        #expect(state.purge(at: second(89)) == [])
        #expect(state.purge(at: second(90)) == [.workerLeft(id: "w", .forgotten)])
    }

    @Test("A hive that is removed takes its workers along, known or not")
    func removeHive() throws {
        var state = RegistryState()
        _ = try state.upsert(hive: hive("far"), at: second(0))
        _ = try state.upsert(worker: worker("b", hive: "far"), at: second(0))
        _ = try state.upsert(worker: worker("a", hive: "far"), at: second(0))
        _ = try state.upsert(worker: worker("here"), at: second(0))
        #expect(
            state.remove(hive: "far") == [
                .workerLeft(id: "a", .hiveRemoved), .workerLeft(id: "b", .hiveRemoved), .hiveLeft(id: "far", .removed),
            ])
        #expect(state.remove(hive: "far") == [])
        #expect(state.remove(hive: "localhost") == [.workerLeft(id: "here", .hiveRemoved)])
    }

    @Test("A hive that says goodbye leaves its workers, which may be adopted")
    func hiveGoodbye() throws {
        var state = RegistryState()
        _ = try state.upsert(hive: hive("h"), at: second(0))
        _ = try state.upsert(worker: worker("w", hive: "h"), at: second(0))
        #expect(try state.upsert(hive: hive("h", status: .stopping), at: second(1)) == [.hiveChanged(id: "h", from: .ready, to: .stopping)])
        #expect(try state.upsert(hive: hive("h", status: .stopped), at: second(2)) == [.hiveLeft(id: "h", .saidGoodbye)])
        #expect(try state.upsert(hive: hive("h", status: .stopped), at: second(2)) == [])
        #expect(state.snapshot(at: second(2)).models == ["m"])
    }

    @Test("Removing a worker")
    func removeWorker() throws {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("w"), at: second(0))
        #expect(state.remove(worker: "w") == [.workerLeft(id: "w", .removed)])
        #expect(state.remove(worker: "w") == [])
    }

    @Test("An unreachable worker is left alone until it is heard of again")
    func unreachable() throws {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("w"), at: second(10))
        // The request was sent before the heartbeat came: the heartbeat knows better.
        #expect(state.markUnreachable(worker: "w", sentAt: second(9)) == [])
        #expect(state.markUnreachable(worker: "w", sentAt: second(11)) == [.workerUnreachable(id: "w")])
        #expect(state.markUnreachable(worker: "w", sentAt: second(12)) == [])
        #expect(state.markUnreachable(worker: "nobody", sentAt: second(12)) == [])
        #expect(state.snapshot(at: second(12)).models == [])
        _ = try state.upsert(worker: worker("w"), at: second(13))
        #expect(state.snapshot(at: second(13)).models == ["m"])
    }

    @Test("A worker that serves another model now has joined anew")
    func otherModel() throws {
        var state = RegistryState()
        _ = try state.upsert(worker: worker("w", model: "old"), at: second(0))
        #expect(try state.upsert(worker: worker("w", model: "new"), at: second(1)) == [.workerJoined(id: "w", model: "new")])
        #expect(state.snapshot(at: second(1)).models == ["new"])
    }

    @Test("Requests of others are told from the queen's own")
    func foreignLoad() throws {
        var state = RegistryState()
        for (reported, own, foreign) in [(nil, 0, 0), (3, 0, 3), (3, 1, 2), (1, 3, 0), (-5, 0, 0), (2, -1, 2), (Int.max, 0, Int.max)]
            as [(Int?, Int, Int)]
        {
            _ = try state.upsert(worker: worker("w", inFlight: reported), at: second(0), ownInFlight: own)
            #expect(state.snapshot(at: second(0)).workers.first?.foreignInFlight == foreign)
        }
    }

    @Test("What cannot be is refused", arguments: ["", "a b", "a/b", "a\n", String(repeating: "a", count: 129)])
    func badIDs(id: String) {
        var state = RegistryState()
        #expect {
            try state.upsert(worker: worker(id), at: second(0))
        } throws: {
            ($0 as? RegistryError)?.code == .invalid
        }
        #expect {
            try state.upsert(hive: hive(id), at: second(0))
        } throws: {
            ($0 as? RegistryError)?.code == .invalid
        }
    }

    @Test("An address there must be, and a model")
    func badAddresses() throws {
        var state = RegistryState()
        var bad = worker("w", port: 0)
        #expect(throws: RegistryError.self) { try state.upsert(worker: bad, at: second(0)) }
        bad.baseURL = "ftp://x"
        #expect(throws: RegistryError.self) { try state.upsert(worker: bad, at: second(0)) }
        #expect(throws: RegistryError.self) { try state.upsert(worker: worker("w", model: ""), at: second(0)) }
        bad.baseURL = "http://127.0.0.1:9001/health/"
        _ = try state.upsert(worker: bad, at: second(0))
        #expect(state.snapshot(at: second(0)).workers.first?.baseURL == "http://127.0.0.1:9001")
    }

    @Test("There is a limit, which those already there do not meet")
    func limits() throws {
        var limits = RegistryState.Limits()
        limits.workers = 2
        limits.hives = 1
        var state = RegistryState(limits: limits)
        _ = try state.upsert(worker: worker("a"), at: second(0))
        _ = try state.upsert(worker: worker("b"), at: second(0))
        #expect {
            try state.upsert(worker: worker("c"), at: second(0))
        } throws: {
            ($0 as? RegistryError)?.code == .full
        }
        #expect(throws: Never.self) { try state.upsert(worker: worker("a"), at: second(1)) }
        _ = try state.upsert(hive: hive("a"), at: second(0))
        #expect(throws: RegistryError.self) { try state.upsert(hive: hive("b"), at: second(0)) }
    }
}

@Suite("The registry in memory")
struct InMemoryRegistryTests {
    @Test("It keeps what it is told, from many tasks at once")
    func together() async throws {
        let registry: any Registry = InMemoryRegistry()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = try await registry.upsert(worker: worker("w-\(number)"), at: second(0), ownInFlight: 0) }
            }
            try await group.waitForAll()
        }
        _ = try await registry.upsert(hive: hive("localhost"), at: second(0))
        #expect(try await registry.snapshot(at: second(1)).workers.count == 50)
        #expect(try await registry.markUnreachable(worker: "w-1", sentAt: second(1)) == [.workerUnreachable(id: "w-1")])
        #expect(try await registry.remove(worker: "w-2") == [.workerLeft(id: "w-2", .removed)])
        #expect(try await registry.remove(hive: "localhost").count == 50)
        #expect(try await registry.purge(at: second(10_000)) == [])
        await #expect(throws: RegistryError.self) { _ = try await registry.upsert(worker: worker(""), at: second(0), ownInFlight: 0) }
    }
}
