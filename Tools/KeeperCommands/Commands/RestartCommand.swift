internal import DaemonContract
internal import OperationContract

/// `queen restart`, `hive restart`, `worker restart`: stop without cascade, then start with what it had.
///
/// What a living hive or queen owns is started again by its owner, so that it stays the owner.
struct RestartCommand {
    let id: DaemonID
    let context: KeeperContext
    let control: any DaemonControl

    static func restart(_ kind: DaemonKind, _ context: KeeperContext) async throws -> ExitCode {
        let control = try await context.tidiedDaemons()
        guard let id = try await context.chosen(of: kind).first else { return .usage }
        return try await RestartCommand(id: id, context: context, control: control).run()
    }

    private func run() async throws -> ExitCode {
        let rows = try await control.rows()
        let row = try await control.row(of: id)
        var plan = try await control.planAsRunning(id)
        plan.read(context.arguments)
        if id.kind == .worker, let model = context.arguments.text(.model) {
            plan.worker = try WorkerPlanning.plan(
                model: model, instance: id.instance, engine: context.arguments.text(.engine),
                engineConfig: context.arguments.text(.engineConfig)
            ).worker
        }
        if id.kind == .worker, plan.worker == nil {
            let why = row.state.isRunning ? "does not say which model it serves" : "does not run, so its model is not known"
            throw KeeperError(
                .usage, "\(id) \(why): --model is missing",
                next: ["rbee-keeper worker start \(id.instance) --model builtin"], exit: .usage)
        }
        var options = StopOptions()
        options.cascade = false
        options.grace = context.arguments.duration(.grace)
        let owner = rows.first { $0.name == row.owner && $0.state.isRunning }
        let wanted = (plan: plan, options: options)
        let began = context.clock.now
        let started = try await context.leaving("\(id) may be stopping, stopped or starting; see 'rbee-keeper status'") { [self] narrate in
            if row.state.isRunning { _ = try await control.stop(id, wanted.options, narrate: narrate) }
            guard let owner else { return try await control.start(wanted.plan, narrate: narrate) }
            do {
                return try await start(wanted.plan, by: owner, narrate: narrate)
            } catch let error as KeeperError where error.isOfOneThatGoes {
                // The owner went meanwhile: what was promised is that it runs again.
                return try await control.start(wanted.plan, narrate: narrate)
            }
        }
        try context.output.result(StartReport(started: started, elapsed: context.clock.now - began, starter: owner?.name))
        return .done
    }

    /// Has the owner start it again, or finds that it already did.
    private func start(_ plan: StartPlan, by owner: DaemonStatusRow, narrate: @escaping Narrate) async throws -> StartedDaemon {
        let ownerID = try DaemonID(kind: owner.kind, instance: owner.instance)
        let job = JobRun(connection: try await control.connection(to: ownerID), patience: WorkerCommands.patience, clock: context.clock)
        narrate("\(id): \(ownerID) starts it again")
        if let worker = plan.worker {
            let request = WorkerSpawnRequest(
                hiveID: ownerID.instance, model: worker.model, instance: id.instance, engine: worker.engine,
                ttlSecs: plan.ttl.map(WireSeconds.seconds))
            _ = try await JobResult.of(job, .workerSpawn(request), as: WorkerSpawnResponse.self, narrate: narrate)
        } else {
            _ = try await JobResult.of(job, .hiveStart(HiveAlias(alias: id.instance)), as: CheckReply.self, narrate: narrate)
        }
        let row = try await control.row(of: id)
        return StartedDaemon(
            id: id, handle: .alreadyRunning(daemonName: id.kind.binaryName, baseURL: row.baseURL ?? ""), pid: row.pid, version: row.version)
    }
}
