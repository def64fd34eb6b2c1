internal import Configuration
package import DaemonContract
internal import DaemonLifecycle
package import DaemonRuntime
internal import EventLoop
internal import HTTP
internal import OperationContract
internal import Synchronization

/// A hive: runs workers on this host, keeps them running, and tells its queen of them.
package final class HiveService: DaemonService {
    /// The hive as a daemon.
    package static let definition = DaemonDefinition(
        kind: .hive, summary: "runs workers on this host, keeps them running, and tells its queen of them",
        options: [
            CommandOption(
                "--queen-url", value: "URL", "the queen to tell: http://host:port or unix:///path; without it the one beside this hive")
        ],
        check: { arguments throws(UsageError) in
            guard let url = arguments.value("--queen-url"), HTTPEndpoint(url: url) == nil else { return }
            throw UsageError("--queen-url: \"\(url)\" is no base URL: expected http://host:port or unix:///path")
        },
        make: { try HiveService($0) })

    private let context: DaemonContext
    private let fleet: WorkerFleet
    private let devices: [HiveDevice]
    private let queen: PeerAddress
    private let heart = Mutex<HeartbeatSender?>(nil)

    /// - Parameter context: the daemon it is; its configuration says what can be served.
    package init(_ context: DaemonContext) throws {
        self.context = context
        devices = HostDevices().read()
        queen = PeerAddress(given: context.arguments.value("--queen-url"), otherwise: .queen, home: context.home)
        let lifecycle = try LifecycleContext(
            home: context.environment[DaemonEnvironment.home], owner: OwnerName.hive(context.id.instance),
            binDirectory: context.configuration[Settings.binDirectory], loop: context.loop)
        let own = PeerAddress(given: nil, otherwise: context.id, home: context.home)
        let news = Relay<Supervisor.Report>()
        fleet = WorkerFleet(
            context: lifecycle, models: context.configuration[Settings.models], hiveURL: own.url, queenURL: queen.url
        ) { news.send($0) }
        news.receive { [weak self] in self?.changed($0) }
    }

    package func start() async throws {
        try await fleet.adopt()
        guard let endpoint = queen.endpoint else { return }
        let sender = HeartbeatSender(
            to: endpoint, path: HeartbeatPath.hive, token: context.token, interval: context.configuration[Settings.heartbeatInterval],
            loop: context.loop, log: context.log
        ) { [weak self] in await self?.heartbeat(.ready) }
        heart.withLock { $0 = sender }
        await sender.start()
    }

    package func health() async -> HealthStatus {
        let failed = await fleet.list().filter { $0.status == .stopped && $0.reason != nil }
        guard let first = failed.first else { return .healthy }
        return .degraded(reason: "worker \(first.workerID) is down: \(first.reason ?? "")")
    }

    package func drain(cascade: Bool, within limit: Duration) async {
        if cascade { await fleet.stopAll(grace: limit) } else { await fleet.leave() }
        await heart.withLock { $0 }?.stop(last: await heartbeat(.stopping))
    }

    // MARK: Endpoints

    package func routes(_ router: inout Router) {
        let fleet = fleet
        let devices = devices
        router.get(RegistryPath.workers) { _, _ in .json(WorkerProcessList(workers: await fleet.list())) }
        router.get(RegistryPath.worker("{id}")) { _, parameters in
            .json(try await Self.find(parameters["id"], fleet))
        }
        router.post(RegistryPath.workers) { request, _ in
            let spawn = try ContractJSON.decode(WorkerSpawnRequest.self, from: try await request.collectBody())
            return .json(try await Self.answer { try await fleet.spawn(spawn) }, status: .created)
        }
        router.delete(RegistryPath.worker("{id}")) { _, parameters in
            let worker = try await Self.find(parameters["id"], fleet)
            return .json(try await Self.answer { try await fleet.stop(worker.workerID) })
        }
        router.get(RegistryPath.models) { _, _ in .json(await fleet.modelList()) }
        router.get(RegistryPath.capabilities) { _, _ in .json(HiveCapabilities(devices: devices)) }
        router.post(HeartbeatPath.worker, use: .looks) { [context] request, _ in
            let beat = try ContractJSON.decode(WorkerHeartbeat.self, from: try await request.collectBody())
            guard await fleet.heard(beat.worker) else {
                return .json(HeartbeatAck(status: "error", message: "worker \(beat.worker.id) is none of this hive's"))
            }
            // An owner is as recently used as what it owns.
            if let ago = beat.worker.lastUsedSecsAgo.flatMap(WireSeconds.duration) { context.lifetime.use(ago: ago) }
            return .json(HeartbeatAck())
        }
        router.jobs(context.jobs, check: { try Self.check($0) }) { [weak self] operation, job in
            guard let self else { throw RequestError.draining }
            try await perform(operation, job)
        }
    }

    private static func check(_ operation: Operation) throws(RequestError) {
        guard operation.target == .hive else {
            throw .bad("\(operation.name.rawValue) is an operation of the queen: send it there", code: "wrong_target")
        }
    }

    private func perform(_ operation: Operation, _ job: Job) async throws {
        let say = context.narrator
        switch operation {
        case .workerSpawn(let request):
            say.say("spawn", "starting a worker of \(request.model)", target: request.model)
            let reply = try await Self.answer { [fleet] in try await fleet.spawn(request) }
            say.say("spawn", "worker \(reply.workerID) is ready as process \(reply.pid)", target: reply.workerID)
            try job.reply(reply)
        case .workerProcessList:
            try job.reply(WorkerProcessList(workers: await fleet.list()))
        case .workerProcessGet(let target):
            try job.reply(try await Self.find("\(target.pid)", fleet))
        case .workerProcessDelete(let target):
            let worker = try await Self.find("\(target.pid)", fleet)
            say.say("stop", "stopping worker \(worker.workerID)", target: worker.workerID)
            try job.reply(try await Self.answer { [fleet] in try await fleet.stop(worker.workerID) })
        case .modelList:
            try job.reply(await fleet.modelList())
        case .modelGet(let target):
            guard let model = await fleet.modelList().models.first(where: { $0.id == target.id }) else {
                throw RequestError.notFound("no model \"\(target.id)\"; see them with: rbee-keeper config get models")
            }
            try job.reply(model)
        case .modelDownload, .modelDelete:
            throw RequestError.bad(
                "models are declared in the configuration, not downloaded or deleted by a hive: add or remove it under `models:`",
                code: "models_are_configured")
        case .hiveCheck:
            try job.reply(CheckReply(message: "hive \(context.id.instance) is there", daemon: context.info))
        default:
            throw RequestError.bad("\(operation.name.rawValue) is an operation of the queen: send it there", code: "wrong_target")
        }
    }

    /// A worker by its name or its pid, of this hive's own.
    private static func find(_ key: String, _ fleet: WorkerFleet) async throws -> WorkerProcessInfo {
        if let worker = await fleet.find(instance: key) { return worker }
        if let worker = await fleet.find(pid: UInt32(key)) { return worker }
        throw RequestError.notFound("no worker \(key) on this hive; see them with: rbee-keeper list")
    }

    /// Failures of starting and stopping as answers: what is the caller's fault is a 4xx, the rest says what happened.
    private static func answer<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as FleetError {
            switch error {
            case .unknownModel: throw RequestError(404, "model_not_found", error.description)
            case .tooMany: throw RequestError.conflict(error.description, code: "too_many_workers")
            case .badDuration: throw RequestError.bad(error.description, code: "bad_duration")
            }
        } catch let error as LifecycleError {
            throw RequestError(502, error.code.description, error.message)
        }
    }

    // MARK: News

    private func changed(_ report: Supervisor.Report) {
        var metadata: LogMetadata = ["worker": .text(report.id.instance), "state": .text(report.state.rawValue)]
        if let reason = report.reason { metadata["reason"] = .text(reason) }
        context.log.info("A worker changed its state.", metadata)
        Task {
            if report.state == .stopped { await fleet.forget(report.id) }
            if report.state == .backoff { await fleet.countRestart(report.id) }
            await heart.withLock { $0 }?.changed()
        }
    }

    private func heartbeat(_ status: OperationalStatus) async -> [UInt8]? {
        let info = context.info
        let unused = Monotonic.now().since(context.lifetime.lastUsed)
        let hive = HiveInfo(
            id: context.id.instance, hostname: context.settings.listener?.host ?? "localhost", port: info.port ?? 0,
            operationalStatus: status,
            healthStatus: await health(), version: info.version, baseURL: info.baseURL ?? info.socket.map { "unix://\($0)" },
            lastUsedSecsAgo: Double(unused) / 1e9)
        return try? ContractJSON.encode(
            HiveHeartbeat(hive: hive, timestamp: .now(), workers: await fleet.processStats(), capabilities: devices))
    }
}
