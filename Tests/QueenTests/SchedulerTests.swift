import DaemonContract
import DaemonRuntime
import OperationContract
import Queen
import Testing

@Suite("Who answers a request")
struct SchedulerTests {
    private func snapshot(_ workers: [WorkerInfo], hives: [HiveInfo] = [], at now: Double = 0) throws -> RegistrySnapshot {
        var state = RegistryState()
        for worker in workers { _ = try state.upsert(worker: worker, at: second(0)) }
        for hive in hives { _ = try state.upsert(hive: hive, at: second(0)) }
        return state.snapshot(at: second(now))
    }

    private func chosen(_ decision: ScheduleDecision) -> String? {
        guard case .worker(let entry) = decision else { return nil }
        return entry.info.id
    }

    private func decide(_ request: ScheduleRequest, _ snapshot: RegistrySnapshot, _ loads: [String: Int] = [:]) -> ScheduleDecision {
        var table = LoadTable()
        for (id, count) in loads {
            for _ in 0..<count { table.begin(id) }
        }
        return Scheduler.decide(request, snapshot, loads: table)
    }

    @Test("The least loaded ready worker, then the id that sorts first, whatever the order of arrival")
    func leastLoaded() throws {
        let workers = [worker("c"), worker("a"), worker("b")]
        for arrival in [workers, workers.reversed(), [workers[1], workers[2], workers[0]]] {
            let snapshot = try snapshot(arrival)
            #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot)) == "a")
            #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot, ["a": 1])) == "b")
            #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot, ["a": 2, "b": 1, "c": 1])) == "b")
            #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot, ["a": 1, "b": 1, "c": 1])) == "a")
        }
    }

    @Test("Requests of others count too")
    func foreign() throws {
        let snapshot = try snapshot([worker("a", inFlight: 2), worker("b", inFlight: 1)])
        #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot)) == "b")
        #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot, ["b": 2])) == "a")
    }

    @Test("Requests spread evenly")
    func spread() throws {
        let snapshot = try snapshot([worker("a"), worker("b"), worker("c")])
        var loads = LoadTable()
        for _ in 0..<30 {
            guard case .worker(let entry) = Scheduler.decide(ScheduleRequest(model: "m"), snapshot, loads: loads) else { break }
            loads.begin(entry.info.id)
        }
        #expect(["a", "b", "c"].map { loads.inFlight(at: $0) } == [10, 10, 10])
    }

    @Test("Ready before busy, busy rather than nobody")
    func busy() throws {
        #expect(chosen(decide(ScheduleRequest(model: "m"), try snapshot([worker("a", status: .busy), worker("b")]), ["b": 5])) == "b")
        #expect(
            chosen(decide(ScheduleRequest(model: "m"), try snapshot([worker("b", status: .busy), worker("a", status: .busy)]), ["a": 1]))
                == "b")
    }

    @Test("Every status alone", arguments: OperationalStatus.known + [.unknown("resting")])
    func statuses(status: OperationalStatus) throws {
        let decision = decide(ScheduleRequest(model: "m"), try snapshot([worker("a", status: status)]))
        switch status {
        case .ready, .busy: #expect(chosen(decision) == "a")
        case .starting: #expect(decision == .starting(["a"]))
        case .stopping, .stopped, .unknown: #expect(decision == .nobody(.noWorker(model: "m", hive: nil, device: nil, failed: 0)))
        }
    }

    @Test("Stale and unreachable workers get nothing")
    func gone() throws {
        let nobody = ScheduleDecision.nobody(.noWorker(model: "m", hive: nil, device: nil, failed: 0))
        #expect(decide(ScheduleRequest(model: "m"), try snapshot([worker("a")], at: 90)) == nobody)
        #expect(decide(ScheduleRequest(model: "m"), try snapshot([worker("a", status: .starting)], at: 90)) == nobody)
        var state = RegistryState()
        _ = try state.upsert(worker: worker("a"), at: second(0))
        _ = state.markUnreachable(worker: "a", sentAt: second(1))
        #expect(decide(ScheduleRequest(model: "m"), state.snapshot(at: second(2))) == nobody)
    }

    @Test("Only the model asked for")
    func models() throws {
        let snapshot = try snapshot([worker("a", model: "x"), worker("b", model: "m")])
        #expect(chosen(decide(ScheduleRequest(model: "m"), snapshot)) == "b")
        let decision = decide(ScheduleRequest(model: "M"), snapshot)
        #expect(decision == .nobody(.noWorker(model: "M", hive: nil, device: nil, failed: 0)))
        guard case .nobody(let refusal) = decision else { return }
        #expect(refusal.canStart)
        #expect(refusal.message.contains("M") && refusal.message.contains("rbee-keeper worker start --model M"))
    }

    @Test("A hive that is asked for; who names none belongs to localhost")
    func hives() throws {
        let snapshot = try snapshot([worker("a", hive: "far"), worker("b"), worker("c", hive: "localhost")])
        #expect(chosen(decide(ScheduleRequest(model: "m", hiveID: "far"), snapshot)) == "a")
        #expect(chosen(decide(ScheduleRequest(model: "m", hiveID: "localhost"), snapshot)) == "b")
        #expect(
            decide(ScheduleRequest(model: "m", hiveID: "mars"), snapshot)
                == .nobody(.noWorker(model: "m", hive: "mars", device: nil, failed: 0)))
    }

    @Test("A device that is asked for, or a kind of device")
    func devices() throws {
        let snapshot = try snapshot([
            worker("a"), worker("b", device: "cuda:1"), worker("c", device: "cuda:10"), worker("d", device: "cudax"),
        ])
        let table: [(String, String?)] = [
            ("cpu", "a"), ("cuda:1", "b"), ("cuda:10", "c"), ("CUDA", "b"), ("cuda:2", nil), ("cu", nil), ("", nil),
        ]
        for (device, id) in table {
            #expect(chosen(decide(ScheduleRequest(model: "m", device: device), snapshot)) == id, "\(device)")
        }
    }

    @Test("Those that failed are not tried again")
    func excluding() throws {
        let snapshot = try snapshot([worker("a"), worker("b")])
        #expect(chosen(decide(ScheduleRequest(model: "m", excluding: ["a"]), snapshot)) == "b")
        let decision = decide(ScheduleRequest(model: "m", excluding: ["a", "b"]), snapshot)
        #expect(decision == .nobody(.noWorker(model: "m", hive: nil, device: nil, failed: 2)))
        guard case .nobody(let refusal) = decision else { return }
        #expect(refusal.message.contains("2 did not answer"))
    }

    @Test("A worker that is asked for by its id, and every reason against it")
    func named() throws {
        let snapshot = try snapshot([
            worker("a"), worker("b"), worker("x", model: "other"), worker("busy", status: .busy), worker("new", status: .starting),
            worker("end", status: .stopping), worker("far", hive: "far", device: "cuda:0"),
        ])
        func named(_ id: String, hive: String? = nil, device: String? = nil, excluding: Set<String> = []) -> ScheduleDecision {
            decide(
                ScheduleRequest(model: "m", workerID: id, hiveID: hive, device: device, excluding: excluding), snapshot,
                ["b": 9, "busy": 9])
        }
        #expect(chosen(named("b")) == "b")
        #expect(chosen(named("busy")) == "busy")
        #expect(chosen(named("far", hive: "far", device: "cuda")) == "far")
        #expect(named("new") == .starting(["new"]))
        #expect(named("who") == .nobody(.unknownWorker(id: "who")))
        #expect(named("x") == .nobody(.otherModel(worker: "x", serves: "other", asked: "m")))
        #expect(named("far", hive: "localhost") == .nobody(.otherPlace(worker: "far", hive: "far", device: "cuda:0")))
        #expect(named("a", device: "cuda") == .nobody(.otherPlace(worker: "a", hive: "localhost", device: "cpu")))
        #expect(named("end") == .nobody(.notAvailable(worker: "end", reason: "it is stopping")))
        #expect(named("a", excluding: ["a"]) == .nobody(.notAvailable(worker: "a", reason: "it did not answer")))
        for decision in [named("who"), named("x"), named("end"), named("a", device: "cuda")] {
            guard case .nobody(let refusal) = decision else { continue }
            #expect(!refusal.canStart && !refusal.message.isEmpty)
        }
        let stale = try self.snapshot([worker("a")], at: 100)
        #expect(
            decide(ScheduleRequest(model: "m", workerID: "a"), stale)
                == .nobody(.notAvailable(worker: "a", reason: "nothing was heard of it for a while")))
    }

    @Test("Which hive starts a worker")
    func startingHive() throws {
        let workers = [worker("w", hive: "a"), worker("v", status: .stopping, hive: "b")]
        let hives = [hive("a"), hive("c"), hive("b"), hive("0-ill", health: .unhealthy(reason: "r")), hive("0-new", status: .starting)]
        let snapshot = try snapshot(workers, hives: hives)
        #expect(Scheduler.hive(for: ScheduleRequest(model: "m"), snapshot)?.info.id == "b")
        #expect(Scheduler.hive(for: ScheduleRequest(model: "m", hiveID: "a"), snapshot)?.info.id == "a")
        #expect(Scheduler.hive(for: ScheduleRequest(model: "m", hiveID: "0-ill"), snapshot) == nil)
        #expect(Scheduler.hive(for: ScheduleRequest(model: "m", hiveID: "mars"), snapshot) == nil)
        #expect(Scheduler.hive(for: ScheduleRequest(model: "m"), try self.snapshot([], hives: [hive("a")], at: 90)) == nil)
    }

    @Test("What an infer operation asks for")
    func infer() {
        let request = InferRequest(hiveID: "h", model: "m", prompt: "p", device: "cpu", workerID: "w")
        #expect(ScheduleRequest(request) == ScheduleRequest(model: "m", workerID: "w", hiveID: "h", device: "cpu"))
    }

    @Test("Loads never go below none")
    func loads() {
        var loads = LoadTable()
        loads.end("a")
        loads.begin("a")
        loads.begin("a")
        loads.begin("b")
        loads.end("a")
        #expect(loads.inFlight(at: "a") == 1 && loads.total == 2)
        loads.end("a")
        loads.end("a")
        loads.end("b")
        #expect(loads == LoadTable())
    }
}
