internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import OperationContract

/// What the queen does for jobs: her own operations, and those of hives, which she passes on.
struct QueenOperations: Sendable {
    let context: DaemonContext
    let dispatcher: Dispatcher
    let hives: LocalHives
    let inference: InferenceJob

    func perform(_ operation: Operation, _ job: Job) async throws {
        switch operation {
        case .status: try job.reply(try await status())
        case .queenCheck: try job.reply(CheckReply(message: "the queen is there", daemon: context.info))
        case .infer(let request): try await inference.perform(request, job)
        case .hiveList: try job.reply(HiveList(hives: try await status().hives))
        case .hiveGet(let hive), .hiveStatus(let hive): try job.reply(try await row(of: hive.alias))
        case .hiveStart(let hive): try await startHive(hive.alias, job)
        case .hiveStop(let hive): try await stopHive(hive.alias, job)
        case .hiveRefreshCapabilities(let hive): try job.reply(try await dispatcher.hive(named: hive.alias).capabilities())
        case .hiveCheck(let hive):
            try job.reply(CheckReply(message: "hive \(hive.alias) is there", daemon: try await dispatcher.hive(named: hive.alias).info()))
        case .activeWorkerList: try job.reply(WorkerList(workers: try await status().workers))
        case .activeWorkerGet(let target): try job.reply(try await worker(target.workerID))
        case .activeWorkerRetire(let target): try await retire(target.workerID, job)
        case .workerSpawn(let request): try await spawn(request, job)
        case .workerProcessList(let target): try job.reply(try await dispatcher.hive(named: target.hiveID).workers())
        case .workerProcessGet(let target): try job.reply(try await dispatcher.hive(named: target.hiveID).worker("\(target.pid)"))
        case .workerProcessDelete(let target): try job.reply(try await dispatcher.hive(named: target.hiveID).stop("\(target.pid)"))
        case .modelList(let target): try job.reply(try await dispatcher.hive(named: target.hiveID).models())
        case .modelGet(let target):
            let models = try await dispatcher.hive(named: target.hiveID).models().models
            guard let model = models.first(where: { $0.id == target.id }) else { throw RequestError.notFound("no model \"\(target.id)\"") }
            try job.reply(model)
        case .modelDownload, .modelDelete:
            throw RequestError.bad(
                "models are declared in the configuration, not downloaded or deleted: add or remove it under `models:`",
                code: "models_are_configured")
        }
    }

    private func status() async throws -> StatusReply {
        try await dispatcher.snapshot().status(queen: context.info, loads: dispatcher.currentLoads)
    }

    private func row(of hive: String) async throws -> HiveStatusRow {
        guard let row = try await status().hives.first(where: { $0.hiveID == hive }) else {
            throw RequestError.notFound("no hive \"\(hive)\" has been heard of; start it with: rbee-keeper hive start")
        }
        return row
    }

    private func worker(_ id: String) async throws -> WorkerStatusRow {
        guard let row = try await status().workers.first(where: { $0.workerID == id }) else {
            throw RequestError.notFound("no worker \"\(id)\" has been heard of; see them with: rbee-keeper status")
        }
        return row
    }

    private func startHive(_ alias: String, _ job: Job) async throws {
        let hive = try await dispatcher.startHive(alias)
        try job.reply(CheckReply(message: "hive \(alias) is ready", daemon: try await hive.info()))
    }

    private func stopHive(_ alias: String, _ job: Job) async throws {
        context.narrator.say("hive", "stopping hive \(alias) and its workers", target: alias)
        let known = try await dispatcher.snapshot().hive(alias)
        let receipt: StopReceipt
        do {
            receipt = try await hives.stop(alias)
        } catch let error as LifecycleError {
            throw RequestError(error)
        }
        if !receipt.wasRunning, let known, known.info.isAvailable {
            throw RequestError.conflict("hive \(alias) runs elsewhere, at \(known.baseURL): stop it on its own machine", code: "elsewhere")
        }
        try job.reply(receipt)
    }

    private func spawn(_ request: WorkerSpawnRequest, _ job: Job) async throws {
        try job.reply(try await dispatcher.spawn(request, on: request.hiveID))
    }

    private func retire(_ id: String, _ job: Job) async throws {
        let row = try await worker(id)
        context.narrator.say("stop", "stopping worker \(id)", target: id)
        try job.reply(try await dispatcher.hive(named: row.hiveID ?? DaemonKind.hive.defaultInstance).stop(id))
    }
}
