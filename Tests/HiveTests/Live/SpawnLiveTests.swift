import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import HTTP
import OperationContract
import Testing
import WorkerLifecycle

/// Starting, finding and stopping workers at a hive.
struct SpawnLiveTests {
    @Test func aWorkerIsStartedFoundAskedAndStopped() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let spawned = try await hive.api.spawn()
            #expect(spawned.workerID == "builtin-1" && spawned.status == .ready && spawned.alreadyRunning == false)
            #expect(spawned.device == "cpu")
            let worker = try WatchedProcess(pid: Int32(spawned.pid))
            // It answers, at the port that was told.
            let api = TestAPI(.tcp(host: "127.0.0.1", port: Int(spawned.port)), token: home.token)
            #expect(try await api.chat("builtin").status == 200)
            // By its name and by its process.
            for key in ["builtin-1", "\(spawned.pid)"] {
                let info: WorkerProcessInfo = try await hive.api.get(RegistryPath.worker(key))
                #expect(info.pid == spawned.pid && info.model == "builtin" && info.restarts == 0 && info.status.takesRequests)
            }
            let models: ModelList = try await hive.api.get(RegistryPath.models)
            #expect(models.models.first { $0.id == "builtin" }?.loaded == true)
            // Another one is another one; one that will do is the one there is; a named one is found.
            #expect(try await hive.api.spawn().workerID == "builtin-2")
            let found = try await hive.api.spawn(reuse: true)
            #expect(found.workerID == "builtin-1" && found.alreadyRunning == true && found.pid == spawned.pid)
            #expect(try await hive.api.spawn(instance: "builtin-1").pid == spawned.pid)
            #expect(try await hive.api.workers().map(\.workerID) == ["builtin-1", "builtin-2"])

            let stopped = try await hive.api.ask(.delete, RegistryPath.worker("\(spawned.pid)"))
            #expect(stopped.status == 200)
            #expect(try stopped.decode(WorkerStopReply.self).wasRunning)
            #expect(!worker.isRunning)
            #expect(try await hive.api.workers().map(\.workerID) == ["builtin-2"])
            #expect(try await hive.api.ask(.delete, RegistryPath.worker("builtin-1")).status == 404)
        }
    }

    @Test func theSameAsJobs() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let spawned: WorkerSpawnResponse = try await hive.api.run(.workerSpawn(WorkerSpawnRequest(model: "builtin")))
            let list: WorkerProcessList = try await hive.api.run(.workerProcessList(HiveTarget()))
            #expect(list.workers.map(\.pid) == [spawned.pid])
            let target = ProcessTarget(pid: spawned.pid)
            let info: WorkerProcessInfo = try await hive.api.run(.workerProcessGet(target))
            #expect(info.workerID == spawned.workerID)
            let models: ModelList = try await hive.api.run(.modelList(HiveTarget()))
            #expect(models.models.map(\.id) == ["builtin"])
            let check: CheckReply = try await hive.api.run(.hiveCheck(HiveAlias()))
            #expect(check.daemon?.pid == hive.info.pid)
            let stopped: WorkerStopReply = try await hive.api.run(.workerProcessDelete(target))
            #expect(stopped.pid == spawned.pid && stopped.wasRunning)
            #expect(try await hive.api.ending(of: .workerProcessDelete(target)).hasPrefix("[ERROR] no worker \(spawned.pid)"))
            // What is the queen's business is refused before there is a job.
            #expect(try await hive.api.post(JobPath.jobs, Operation.status).error?.code == "wrong_target")
        }
    }

    @Test func processesThatAreNoneOfItsWorkersAreNotTouched() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let bystander = try WorkerLifecycle(instance: "other", model: "builtin", owner: "tester", home: home.path)
            let handle = try await bystander.ensure()
            let process = try WatchedProcess(pid: Int32(try #require(handle.pid)))
            for pid in ["0", "1", "\(hive.info.pid)", "\(getpid())", "\(process.pid)", "-1", "4294967295", "99999999999", "%2e%2e", "x"] {
                for method in [HTTPMethod.get, .delete] {
                    let refused = try await hive.api.ask(method, RegistryPath.worker(pid))
                    #expect(refused.status == 404 && refused.error?.code == "not_found", "\(method) \(pid): \(refused.text)")
                }
            }
            #expect(process.isRunning && hive.isRunning)
        }
    }

    @Test func whatCannotBeHadIsRefusedAndNothingIsStarted() async throws {
        try await TestHome.with(configuration: "models:\n  tiny:\n    command: [/bin/false]\n    device: cuda:1\n") { home in
            let hive = try await home.hive()
            let refusals: [(String, Int, String)] = [
                (#"{"model":"nope"}"#, 404, "model_not_found"),
                (#"{"model":"builtin","ttl_secs":-1}"#, 400, "bad_duration"),
                (#"{"model":"builtin","engine":"steam"}"#, 400, "bad_engine"),
                (#"{"model":"builtin","worker":"cuda"}"#, 400, "other_device"),
                (#"{"model":"tiny","worker":"cuda","device":2}"#, 400, "other_device"),
                (#"{"model":"builtin","instance":"../x"}"#, 400, ""),
                (#"{"model":7}"#, 400, ""), ("{", 400, ""), ("{}", 400, ""),
            ]
            for (body, status, code) in refusals {
                let refused = try await hive.api.ask(.post, RegistryPath.workers, body)
                #expect(refused.status == status, "\(body): \(refused.text)")
                #expect(code.isEmpty || refused.error?.code == code, "\(body): \(refused.text)")
            }
            #expect(try await hive.api.ask(.put, RegistryPath.workers).headers["Allow"]?.contains("POST") == true)
            #expect(try await hive.api.ask(.post, RegistryPath.workers, "{}", headers: []).status == 401)
            // A program that ends before it is ready: its status and what it said, and the hive is as well as before.
            let failed = try await hive.api.ask(.post, RegistryPath.workers, #"{"model":"tiny"}"#)
            #expect(failed.status == 502 && failed.error?.code == "start_failed", "\(failed.text)")
            #expect(try await hive.api.workers().isEmpty)
            #expect(try await hive.api.ask(.get, DaemonPath.health).text == #"{"status":"healthy"}"#)
            // A name that another model's worker has.
            _ = try await hive.api.spawn(instance: "mine")
            let other = try await hive.api.ask(.post, RegistryPath.workers, #"{"model":"tiny","instance":"mine"}"#)
            #expect(other.status == 409 && other.error?.code == "other_model")
            #expect(try await hive.api.workers().map(\.model) == ["builtin"])
        }
    }

    @Test func whatItCanComputeOnIsTold() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let capabilities: HiveCapabilities = try await hive.api.get(RegistryPath.capabilities)
            #expect(capabilities.devices.last?.id == "CPU-0" && capabilities.devices.last?.deviceType == "cpu")
        }
    }

    @Test func manyWishesAtOnceStartOneWhereOneWillDo() async throws {
        try await TestHome.with { home in
            let hive = try await home.hive()
            let pids = try await withThrowingTaskGroup(of: UInt32.self) { group in
                for _ in 0..<16 { group.addTask { try await hive.api.spawn(reuse: true).pid } }
                return try await group.reduce(into: Set<UInt32>()) { $0.insert($1) }
            }
            #expect(pids.count == 1)
            #expect(try await hive.api.workers().count == 1)
        }
    }
}
