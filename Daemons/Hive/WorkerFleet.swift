package import Configuration
package import DaemonContract
package import DaemonLifecycle
internal import EventLoop
package import OperationContract
internal import WorkerLifecycle

/// The workers of a hive: started, supervised, told apart, stopped. It speaks of its own workers only, never of other processes.
package actor WorkerFleet {
    /// What the hive knows of a worker beyond what its supervision tells.
    private struct Member {
        let model: String
        let device: String
        /// What the worker last said of itself.
        var said: WorkerInfo?
        var restarts = 0
        var sampled: (usage: ProcessUsage, at: UInt64)?
    }

    private let context: LifecycleContext
    private let supervisor: Supervisor
    private let models: ModelTable
    private let hiveURL: String
    private let queenURL: String?
    private var members: [DaemonID: Member] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - context: the run directory, and the hive as the owner of what is started.
    ///   - models: what can be served.
    ///   - hiveURL: where workers reach this hive.
    ///   - queenURL: where they reach the queen; nil: there is none.
    ///   - onChange: called after every change of a worker's state, with its cause.
    package init(
        context: LifecycleContext, models: ModelTable, hiveURL: String, queenURL: String?, policy: RestartMachine.Policy = .init(),
        onChange: @escaping @Sendable (Supervisor.Report) -> Void
    ) {
        self.context = context
        self.models = models
        self.hiveURL = hiveURL
        self.queenURL = queenURL
        supervisor = Supervisor(context: context, policy: policy, onChange: onChange)
    }

    // MARK: Starting and stopping

    /// Starts a worker, or finds the named one running, and answers once it has.
    package func spawn(_ request: WorkerSpawnRequest) async throws -> WorkerSpawnResponse {
        guard let model = models[request.model] else { throw FleetError.unknownModel(request.model, known: models.models.map(\.name)) }
        let instance = try request.instance ?? freeInstance(of: model.name)
        let specification = try specification(of: model, instance: instance, request: request)
        let isRunning = members[specification.id] != nil
        if !isRunning { members[specification.id] = Member(model: model.name, device: device(of: request, model)) }
        do {
            let info = try await supervisor.want(specification)
            return WorkerSpawnResponse(
                workerID: instance, port: info.port ?? 0, pid: UInt32(clamping: info.pid), status: .ready, baseURL: info.baseURL,
                alreadyRunning: isRunning)
        } catch {
            members[specification.id] = nil
            throw error
        }
    }

    /// Stops a worker for good. One that does not run is stopped already.
    package func stop(_ instance: String) async throws -> WorkerStopReply {
        let id = try DaemonID(kind: .worker, instance: instance)
        let receipt = try await supervisor.stop(id)
        members[id] = nil
        return WorkerStopReply(
            workerID: instance, pid: receipt.processes.first.map { UInt32(clamping: $0.pid) }, wasRunning: receipt.wasRunning)
    }

    /// Takes charge of the workers that a predecessor of this hive started.
    package func adopt() async throws {
        try await supervisor.adopt { [models, context, hiveURL, queenURL] row in
            guard row.kind == .worker else { return nil }
            guard let said = await Self.model(of: row.instance, context: context), let model = models[said] else { return nil }
            return try? Self.specification(of: model, instance: row.instance, ttl: model.ttl, hiveURL: hiveURL, queenURL: queenURL)
        }
        for report in await supervisor.reports() where members[report.id] == nil {
            guard let model = await Self.model(of: report.id.instance, context: context) else { continue }
            members[report.id] = Member(model: model, device: models[model]?.device ?? "cpu")
        }
    }

    /// Stops all workers.
    package func stopAll(grace: Duration) async {
        await supervisor.stopAll(grace: grace)
        members.removeAll()
    }

    /// Leaves the workers running, for whoever comes next.
    package func leave() async {
        await supervisor.leave()
    }

    // MARK: Telling

    /// All workers, as they are now.
    package func list() async -> [WorkerProcessInfo] {
        await supervisor.reports().map(describe)
    }

    /// One worker by its name or its pid; nil when it is none of this hive's.
    package func find(instance: String? = nil, pid: UInt32? = nil) async -> WorkerProcessInfo? {
        await list().first { info in
            if let instance { return info.workerID == instance }
            return pid != nil && pid != 0 && info.pid == pid
        }
    }

    /// What can be served, and which of it is loaded.
    package func modelList() async -> ModelList {
        let loaded = Set(members.values.map(\.model))
        return ModelList(
            models: models.models.map { model in
                ModelInfo(
                    id: model.name, name: model.model ?? model.name, loaded: loaded.contains(model.name), engine: model.engine.rawValue)
            })
    }

    /// Takes what a worker says of itself.
    ///
    /// - Returns: false for a worker that is none of this hive's.
    package func heard(_ worker: WorkerInfo) -> Bool {
        guard let id = try? DaemonID(kind: .worker, instance: worker.id), members[id] != nil else { return false }
        members[id]?.said = worker
        return true
    }

    /// Counts a worker that had to be started again.
    package func countRestart(_ id: DaemonID) {
        members[id]?.restarts += 1
    }

    /// Forgets a worker that ended for good.
    package func forget(_ id: DaemonID) {
        members[id] = nil
    }

    /// What the workers' processes use, since the last look where that matters.
    package func processStats() async -> [ProcessStats] {
        let now = MonotonicClock.now
        return await supervisor.reports().compactMap { report in
            guard let info = report.info, let usage = ProcessUsage.read(pid: info.pid) else { return nil }
            let before = members[report.id]?.sampled
            members[report.id]?.sampled = (usage, now)
            let span = before.map { now &- $0.at } ?? 0
            let earlier = before?.usage ?? usage
            return ProcessStats(
                pid: UInt32(clamping: info.pid), group: "worker", instance: report.id.instance,
                cpuPercent: usage.processorPercent(since: earlier, nanoseconds: span), rssMB: usage.residentBytes / 1_000_000,
                readMBPerSecond: ProcessUsage.rate(usage.readBytes, earlier.readBytes, nanoseconds: span),
                writeMBPerSecond: ProcessUsage.rate(usage.writtenBytes, earlier.writtenBytes, nanoseconds: span),
                uptimeSecs: (now &- report.since) / 1_000_000_000, model: members[report.id]?.model)
        }
    }

    // MARK: Names and arguments

    private func describe(_ report: Supervisor.Report) -> WorkerProcessInfo {
        let member = members[report.id]
        let status: OperationalStatus =
            switch report.state {
            case .ready: member?.said?.status ?? .ready
            case .starting, .backoff: .starting
            default: .stopped
            }
        return WorkerProcessInfo(
            pid: UInt32(clamping: report.info?.pid ?? 0), workerID: report.id.instance, model: member?.model ?? "",
            port: report.info?.port ?? 0, status: status, baseURL: report.info?.baseURL, device: member?.device,
            restarts: member?.restarts, reason: report.reason)
    }

    /// The first of a model's names that no worker has.
    private func freeInstance(of model: String) throws -> String {
        for number in 1...Self.mostOfOneModel {
            let instance = WorkerLifecycle.instance(of: model, number: number)
            if try members[DaemonID(kind: .worker, instance: instance)] == nil { return instance }
        }
        throw FleetError.tooMany(model, Self.mostOfOneModel)
    }

    private static let mostOfOneModel = 1000

    private func device(of request: WorkerSpawnRequest, _ model: ModelConfiguration) -> String {
        request.worker == "cpu" ? model.device : "\(request.worker):\(request.device)"
    }

    private func specification(of model: ModelConfiguration, instance: String, request: WorkerSpawnRequest) throws -> DaemonSpecification {
        var ttl = model.ttl
        if let seconds = request.ttlSecs {
            guard let given = WireSeconds.duration(seconds) else { throw FleetError.badDuration(seconds) }
            ttl = given
        }
        return try Self.specification(of: model, instance: instance, ttl: ttl, hiveURL: hiveURL, queenURL: queenURL)
    }

    private static func specification(
        of model: ModelConfiguration, instance: String, ttl: Duration?, hiveURL: String, queenURL: String?
    ) throws(LifecycleError) -> DaemonSpecification {
        try WorkerLifecycle.specification(instance: instance, model: model.name, hiveURL: hiveURL, queenURL: queenURL, timeToLive: ttl) {
            $0.startTimeout = model.startTimeout + .seconds(5)
        }
    }

    /// The model that a running worker says it serves.
    private static func model(of instance: String, context: LifecycleContext) async -> String? {
        guard let specification = try? DaemonSpecification(kind: .worker, instance: instance) else { return nil }
        let lifecycle = DaemonLifecycle(specification, context: context)
        guard let list: OpenAIModelList = try? await lifecycle.get(RegistryPath.models) else { return nil }
        return list.data.first?.id
    }
}
