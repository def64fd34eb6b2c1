import DaemonContract
import DaemonHarness
import HTTP
import OperationContract
import Testing

/// Which worker a request goes to, and what becomes of it when that worker is no good.
struct DispatchLiveTests {
    @Test func theLeastLoadedAnswers() async throws {
        try await Hiveless.with { queen, _ in
            let release = Latch()
            let (a, b) = (try FakeWorker("a"), try FakeWorker("b"))
            for worker in [a, b] {
                worker.answer(FakeWorker.thinking(until: release, then: FakeWorker.saying("from \(worker.id)")))
                try await worker.announce(to: queen)
            }
            // Four at once: two at each, whatever the order in which they come.
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for _ in 0..<4 { group.addTask { try await queen.api.chat("m") } }
                _ = try await eventually("four requests") { a.requests.count + b.requests.count == 4 ? true : nil }
                #expect(a.requests.count == 2 && b.requests.count == 2)
                let rows: WorkerList = try await queen.api.get(RegistryPath.workers)
                #expect(rows.workers.map(\.inFlight) == [2, 2])
                release.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let rows: WorkerList = try await queen.api.get(RegistryPath.workers)
            #expect(rows.workers.map(\.inFlight) == [0, 0])
        }
    }

    @Test func readyComesBeforeBusyAndBusyBeforeNobody() async throws {
        try await Hiveless.with { queen, _ in
            let (busy, ready) = (try FakeWorker("a"), try FakeWorker("b"))
            try await busy.announce(to: queen, .busy, inFlight: 3)
            #expect(try await queen.api.chat("m").status == 200)
            #expect(busy.requests.count == 1)
            try await ready.announce(to: queen)
            #expect(try await queen.api.chat("m").status == 200)
            #expect(busy.requests.count == 1 && ready.requests.count == 1)
            // What others have there counts too.
            try await busy.announce(to: queen, .ready, inFlight: 0)
            try await ready.announce(to: queen, .ready, inFlight: 5)
            #expect(try await queen.api.chat("m").status == 200)
            #expect(busy.requests.count == 2)
        }
    }

    @Test func aWorkerThatIsSilentForTooLongGetsNothingWhateverItsClockSays() async throws {
        try await Hiveless.with(environment: ["RBEE_HEARTBEAT_TIMEOUT": "300ms"]) { queen, _ in
            let worker = try FakeWorker("a")
            // A clock a century ahead does not help it, one behind does not harm it.
            try await worker.announce(to: queen, at: HeartbeatTimestamp(unixMilliseconds: 4_900_000_000_000))
            let row = try await eventually("a stale row") {
                try await (queen.api.get(RegistryPath.workers) as WorkerList).workers.first { !$0.isRecent }
            }
            #expect(row.workerID == "a" && row.heartbeatAgeSecs >= 0.3)
            let refused = try await queen.api.chat("m")
            #expect(refused.status == 503 && refused.openAIError?.type == "server_error")
            #expect(worker.requests.isEmpty)
        }
    }

    @Test func workersThatAreNoGoodArePassedOver() async throws {
        try await Hiveless.with { queen, _ in
            let (gone, vanishing, draining) = (try FakeWorker("a"), try FakeWorker("b"), try FakeWorker("c"))
            let good = try FakeWorker("d", answer: FakeWorker.saying("from d"))
            vanishing.answer(FakeWorker.vanishing)
            draining.answer(FakeWorker.draining)
            // Two bad ones, and the good one as the third: three are asked at most.
            try await gone.announce(to: queen)
            try await vanishing.announce(to: queen)
            try await good.announce(to: queen)
            gone.close()
            #expect(try await queen.api.chat("m").said == "from d")
            #expect(vanishing.requests.count == 1)
            // Those that were gone are not asked again; one that is only not taking requests now is.
            try await draining.announce(to: queen)
            try await good.announce(to: queen, .ready, inFlight: 1)
            for count in 1...2 {
                #expect(try await queen.api.chat("m").said == "from d")
                #expect(draining.requests.count == count)
            }
            #expect(vanishing.requests.count == 1)
        }
    }

    @Test func aWorkerThatIsHeardOfAgainIsAskedAgain() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a")
            let beat = WorkerHeartbeat(worker: worker.info(port: 1), timestamp: HeartbeatTimestamp(unixMilliseconds: 0))
            #expect(try await queen.api.post(HeartbeatPath.worker, beat).status == 200)
            #expect(try await queen.api.chat("m").status == 503)
            try await worker.announce(to: queen)
            #expect(try await queen.api.chat("m").status == 200)
        }
    }

    @Test func whenAllAreBusyTheClientIsToldWhenToComeBack() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.draining)
            try await worker.announce(to: queen)
            let answer = try await queen.api.chat("m")
            #expect(answer.status == 503)
            #expect(answer.openAIError?.type == "server_error")
            #expect(answer.headers["Retry-After"] != nil)
            #expect(worker.requests.count <= 3)
        }
    }

    @Test func aWorkerThatIsStartingIsWaitedFor() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a")
            try await worker.announce(to: queen, .starting)
            async let answer = queen.api.chat("m")
            // The request is there before the worker is: the queen has it in flight.
            _ = try await eventually("the request") {
                try await (queen.api.get(DaemonPath.stats) as DaemonStats).inFlight > 1 ? true : nil
            }
            #expect(worker.requests.isEmpty)
            try await worker.announce(to: queen, .ready)
            #expect(try await answer.status == 200)
        }
    }

    @Test func aWorkerThatLeftIsForgottenAndOneOfAnotherLifeIsNot() async throws {
        try await Hiveless.with { queen, _ in
            let (first, second) = (try FakeWorker("a"), try FakeWorker("a"))
            try await second.announce(to: queen)
            // Its hive tells late of the end of its earlier life, at another port.
            try await first.announce(to: queen, .stopped)
            #expect(try await queen.api.chat("m").status == 200)
            try await second.announce(to: queen, .stopped)
            let rows: WorkerList = try await queen.api.get(RegistryPath.workers)
            #expect(rows.workers.isEmpty)
        }
    }

    @Test func workersAreSentTheTokenAndNotTheirClientsKeys() async throws {
        try await Hiveless.with(configuration: "api_keys: [sesame]\n") { queen, home in
            let worker = try FakeWorker("a")
            try await worker.announce(to: queen)
            let stranger = TestAPI(queen.api.endpoint)
            for headers in [[], [("Authorization", "Bearer wrong")]] {
                let refused = try await stranger.ask(.post, OpenAIPath.chatCompletions, TestAPI.chat("m"), headers: headers)
                #expect(refused.status == 401)
                #expect(refused.openAIError?.type == "invalid_request_error")
                #expect(try await stranger.ask(.get, OpenAIPath.models, headers: headers).status == 401)
            }
            let allowed = try await stranger.ask(
                .post, OpenAIPath.chatCompletions, TestAPI.chat("m"), headers: [("Authorization", "Bearer sesame")])
            #expect(allowed.status == 200)
            #expect(worker.headers.map { $0["Authorization"] } == ["Bearer \(home.token)"])
        }
    }
}
