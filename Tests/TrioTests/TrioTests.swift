import DaemonContract
import DaemonHarness
import DaemonLifecycle
import HTTP
import OperationContract
import Synchronization
import Testing

/// Queen, hive and worker together: from nothing, under load, through deaths, and down again.
struct TrioTests {
    /// The process of a daemon as it is now.
    private func process(_ home: TestHome, _ kind: DaemonKind, _ instance: String? = nil) async throws -> WatchedProcess {
        try WatchedProcess(pid: try await home.daemon(kind, instance).info().pid)
    }

    private static let everybody = ["queen/default", "hive/localhost", "worker/builtin-1"]

    @Test func aQuestionFromNothingStartsEverybodyAndIsAnswered() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            let answer = try await queen.api.chat("builtin", "What is a daemon?", maxTokens: 64)
            #expect(answer.status == 200)
            let chat: ChatCompletion = try answer.decode()
            #expect(chat.model == "builtin" && chat.choices.first?.message.content?.isEmpty == false)
            #expect(chat.usage?.completionTokens ?? 0 > 0)
            #expect(try await home.running() == Self.everybody)
            // Streamed, as a job, and what there is to see.
            let events = TestEvents(try await queen.api.streamedChat("builtin").body)
            var last = ""
            while let event = try await events.next() { last = event.data }
            #expect(last == "[DONE]")
            let reply: InferResponse = try await queen.api.run(
                .infer(InferRequest(model: "builtin", prompt: "What is a daemon?", maxTokens: 16, temperature: 0)))
            #expect(!reply.text.isEmpty && reply.workerID == "builtin-1")
            let status: StatusReply = try await queen.api.run(.status)
            #expect(status.hives.map(\.hiveID) == ["localhost"] && status.workers.map(\.workerID) == ["builtin-1"])
            let check: CheckReply = try await queen.api.run(.hiveCheck(HiveAlias()))
            #expect(check.daemon?.kind == .hive)
            let processes: WorkerProcessList = try await queen.api.run(.workerProcessList(HiveTarget()))
            #expect(processes.workers.map(\.workerID) == ["builtin-1"])
            #expect(try await queen.api.chat("nope").openAIError?.code == "model_not_found")
        }
    }

    @Test func manyFirstQuestionsStartOneWorker() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        if number.isMultiple(of: 3) {
                            let infer = InferRequest(hiveID: "localhost", model: "builtin", prompt: "hi", maxTokens: 4)
                            return try await queen.api.ending(of: .infer(infer)) == "[DONE]" ? 200 : 0
                        }
                        return try await queen.api.chat("builtin", maxTokens: 4).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(try await home.running() == Self.everybody)
        }
    }

    /// Kills one of the three while questions are asked; afterwards all is as before, and nothing is there twice.
    @Test(arguments: ["worker", "hive", "queen"]) func aDeathUnderLoadIsMended(_ victim: String) async throws {
        try await TestHome.with { home in
            var queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            let before = try await process(home, .worker, "builtin-1")
            let load = Load(queen.api)
            // Those that are under way when it dies may fail; none may hang.
            let askers = (0..<4).map { _ in Task { await load.ask() } }
            _ = try await eventually("load") { load.answered > 8 ? true : nil }
            try await process(home, DaemonKind(rawValue: victim), victim == "worker" ? "builtin-1" : nil).kill()
            if victim != "queen" {
                // The load goes on as if nothing had been.
                let now = load.answered
                _ = try await eventually("answers after the death") { load.answered > now + 8 ? true : nil }
            }
            load.end()
            for asker in askers { await asker.value }
            if victim == "queen" { queen = try await home.queen() }
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            _ = try await eventually("everybody, once") { try await home.running() == Self.everybody ? true : nil }
            let after = try await process(home, .worker, "builtin-1")
            #expect((after.pid == before.pid) == (victim != "worker"))
        }
    }

    @Test func aQueenThatIsKilledFindsHerHiveAndItsWorkersAgain() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            let hive = try await process(home, .hive)
            try await queen.kill()
            let successor = try await home.queen()
            // Before any heartbeat: she asks those she adopts.
            let status: StatusReply = try await eventually("what there is") {
                let status: StatusReply = try await successor.api.run(.status)
                return status.hives.count == 1 && status.workers.count == 1 ? status : nil
            }
            #expect(status.workers.map(\.workerID) == ["builtin-1"])
            #expect(hive.isRunning)
            // And keeps them from now on.
            try await hive.kill()
            _ = try await eventually("another hive") {
                let pid = try await home.daemon(.hive).info().pid
                return pid != hive.pid ? true : nil
            }
            #expect(try await successor.api.chat("builtin", maxTokens: 4).status == 200)
            #expect(try await home.running() == Self.everybody)
        }
    }

    @Test func aCascadeLeavesNothing() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            let rest = [try await process(home, .hive), try await process(home, .worker, "builtin-1")]
            #expect(try await queen.api.ask(.post, DaemonPath.shutdown, #"{"cascade":true}"#).status == 200)
            try await queen.gone()
            #expect(rest.allSatisfy { !$0.isRunning })
            #expect(try await home.running().isEmpty)
        }
    }

    @Test func withoutACascadeTheHiveStays() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            #expect(try await queen.lifecycle.stop(cascade: false).wasRunning)
            #expect(try await home.running() == Array(Self.everybody.dropFirst()))
            let successor = try await home.queen()
            #expect(try await successor.api.chat("builtin", maxTokens: 4).status == 200)
            #expect(try await home.running() == Self.everybody)
        }
    }

    @Test func aHiveThatSomebodyElseStartedIsUsedAndOutlivesTheQueen() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            #expect(try await queen.api.run(.hiveCheck(HiveAlias()), as: CheckReply.self).daemon?.pid == hive.info.pid)
            #expect(try await queen.lifecycle.stop(cascade: true).wasRunning)
            #expect(hive.isRunning)
            #expect(try await home.running() == ["hive/localhost", "worker/builtin-1"])
        }
    }

    @Test func aModelThatCannotBeStartedIsTriedOnceForAQuestion() async throws {
        let models = "models:\n  broken:\n    command: [/bin/false]\n"
        try await TestHome.with(configuration: models) { home in
            try home.wrap("rbee-worker", "echo start >> \(home.path)/starts")
            let queen = try await home.queen()
            let answer = try await queen.api.chat("broken")
            #expect(answer.status == 502, "\(answer.text)")
            #expect(answer.openAIError?.type == "server_error" && answer.openAIError?.code == "start_failed")
            #expect(home.text("starts") == "start\n")
            #expect(try await queen.api.ending(of: .infer(InferRequest(model: "broken", prompt: "x"))).hasPrefix("[ERROR] "))
            #expect(home.text("starts") == "start\nstart\n")
            #expect(try await home.running() == ["queen/default", "hive/localhost"])
        }
    }

    @Test func aWorkerThatWentIdleIsForgottenAndStartedAgain() async throws {
        try await TestHome.with(environment: ["RBEE_WORKER_TTL": "2s"]) { home in
            let queen = try await home.queen()
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
            // The queen learns of it when it happens, not at the next heartbeat that does not come.
            _ = try await eventually("a queen without workers") {
                try await (queen.api.get(RegistryPath.workers) as WorkerList).workers.isEmpty ? true : nil
            }
            let again = try await queen.api.chat("builtin", maxTokens: 4)
            #expect(again.status == 200, "\(again.text)")
        }
    }

    @Test func workersAndHivesAreStoppedThroughTheQueen() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            let spawned: WorkerSpawnResponse = try await queen.api.run(.workerSpawn(WorkerSpawnRequest(model: "builtin")))
            #expect(spawned.workerID == "builtin-1")
            let retired: WorkerStopReply = try await queen.api.run(.activeWorkerRetire(WorkerTarget(workerID: "builtin-1")))
            #expect(retired.wasRunning)
            #expect(try await home.running() == ["queen/default", "hive/localhost"])
            let receipt: StopReceipt = try await queen.api.run(.hiveStop(HiveAlias()))
            #expect(receipt.wasRunning)
            #expect(try await home.running() == ["queen/default"])
            let started: CheckReply = try await queen.api.run(.hiveStart(HiveAlias()))
            #expect(started.daemon?.kind == .hive)
            #expect(try await queen.api.chat("builtin", maxTokens: 4).status == 200)
        }
    }
}

/// Questions without end.
private final class Load: Sendable {
    private let api: TestAPI
    private let isOver = Atomic<Bool>(false)
    private let count = Atomic<Int>(0)

    init(_ api: TestAPI) {
        self.api = api
    }

    var answered: Int { count.load(ordering: .relaxed) }

    func end() { isOver.store(true, ordering: .relaxed) }

    func ask() async {
        while !isOver.load(ordering: .relaxed) {
            if let answer = try? await api.chat("builtin", maxTokens: 8), answer.status == 200 { count.add(1, ordering: .relaxed) }
        }
    }
}
