import DaemonContract
import DaemonHarness
import HTTP
import OperationContract
import Testing

/// Heartbeats to the queen, and what she passes on of them.
struct HeartbeatLiveTests {
    private func decode(_ event: SSEEvent?) throws -> HeartbeatEvent {
        let event = try #require(event)
        #expect(event.event == HeartbeatEvent.eventName)
        return try ContractJSON.decode(HeartbeatEvent.self, text: event.data)
    }

    private func beat(_ id: String, status: OperationalStatus = .ready) -> HiveHeartbeat {
        HiveHeartbeat(
            hive: HiveInfo(
                id: id, hostname: "localhost", port: 7835, operationalStatus: status, healthStatus: .healthy, version: "0.1.0"),
            timestamp: HeartbeatTimestamp(unixMilliseconds: 0))
    }

    @Test func overTCPTheyNeedTheToken() async throws {
        try await Hiveless.with { queen, _ in
            let worker = WorkerHeartbeat(worker: try FakeWorker("a").info(), timestamp: HeartbeatTimestamp(unixMilliseconds: 0))
            for headers in [[], [("Authorization", "Bearer \(String(repeating: "0", count: 64))")]] {
                #expect(try await queen.api.post(HeartbeatPath.worker, worker, headers: headers).status == 401)
                #expect(try await queen.api.post(HeartbeatPath.hive, beat("h"), headers: headers).status == 401)
            }
            let rows: WorkerList = try await queen.api.get(RegistryPath.workers)
            #expect(rows.workers.isEmpty)
            let taken = try await queen.api.post(HeartbeatPath.worker, worker)
            #expect(taken.status == 200 && taken.text.contains(#""status":"ok""#) && taken.text.contains(#""message":null"#))
            // Over the socket the kernel says who asks.
            let socket = TestAPI(.unix(path: try #require(queen.info.socket)))
            #expect(try await socket.post(HeartbeatPath.hive, beat("h")).status == 200)
            let hives: HiveList = try await queen.api.get(RegistryPath.hives)
            #expect(hives.hives.map(\.hiveID) == ["h"])
        }
    }

    @Test func theWholeComesFirstThenWhatChanges() async throws {
        try await Hiveless.with { queen, _ in
            let (a, b) = (try FakeWorker("a"), try FakeWorker("b"))
            try await a.announce(to: queen)
            _ = try await queen.api.post(HeartbeatPath.hive, beat("h"))
            let events = try await queen.api.events(HeartbeatPath.stream)
            guard case .queen(let whole) = try decode(try await events.next()) else {
                Issue.record("the first event is not the whole")
                return
            }
            #expect(whole.workerIDs == ["a"] && whole.hiveIDs == ["h"])
            #expect(whole.workersAvailable == 1 && whole.hivesAvailable == 1)
            try await b.announce(to: queen, .starting)
            let change = try await events.first { event in
                if case .worker(let beat) = try decode(event) { return beat.worker.id == "b" }
                return false
            }
            #expect(
                try decode(change)
                    == .worker(WorkerHeartbeat(worker: b.info(.starting), timestamp: .init(unixMilliseconds: 1_700_000_000_000))))
            // The whole again where nothing changes.
            let again = try await events.first { event in
                if case .queen = try decode(event) { return true }
                return false
            }
            guard case .queen(let whole) = try decode(again) else { return }
            #expect(whole.workersOnline == 2 && whole.workersAvailable == 1)
        }
    }

    @Test func aStreamEndsWhenTheQueenDoes() async throws {
        try await Hiveless.with { queen, _ in
            let events = try await queen.api.events(HeartbeatPath.stream)
            _ = try await events.next()
            #expect(try await queen.api.ask(.post, DaemonPath.shutdown).status == 200)
            while try await events.next() != nil {}
            try await queen.gone()
        }
    }

    @Test func aHiveThatSaysGoodbyeLeavesItsWorkers() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a")
            try await worker.announce(to: queen, hive: "h")
            _ = try await queen.api.post(HeartbeatPath.hive, beat("h"))
            _ = try await queen.api.post(HeartbeatPath.hive, beat("h", status: .stopped))
            let status: StatusReply = try await queen.api.run(.status)
            #expect(status.hives.isEmpty && status.workers.map(\.workerID) == ["a"])
            #expect(try await queen.api.chat("m").status == 200)
        }
    }
}
