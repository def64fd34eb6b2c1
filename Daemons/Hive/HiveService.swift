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

    let context: DaemonContext
    private let fleet: WorkerFleet
    let processes: ProcessFleet
    let lease: ProcessLease
    private let devices: [HiveDevice]
    private let heart: HeartbeatSender?
    private let farewells: Farewells?

    /// - Parameter context: the daemon it is; its configuration says what can be served.
    package init(_ context: DaemonContext) throws {
        self.context = context
        lease = ProcessLease(context.lifetime)
        let devices = HostDevices().read()
        self.devices = devices
        let configuration = context.configuration
        let queen = PeerAddress(given: context.arguments.value("--queen-url"), otherwise: .queen, home: context.home)
        let own = PeerAddress(given: nil, otherwise: context.id, home: context.home)
        let lifecycle = try LifecycleContext(
            home: context.environment[DaemonEnvironment.home], owner: OwnerName.hive(context.id.instance), loop: context.loop)
        let plan = WorkerFleet.Plan(
            models: configuration[Settings.models], hiveURL: own.url, queenURL: queen.url, grace: configuration[Settings.stopGrace])
        let news = Relay<WorkerFleet.News>()
        let fleet = WorkerFleet(context: lifecycle, plan: plan) { news.send($0) }
        self.fleet = fleet
        let processNews = Relay<SupervisedProcess>()
        let processes = ProcessFleet(
            context: lifecycle, isUsual: context.id.instance == DaemonKind.hive.defaultInstance,
            read: { Configuration.load(file: configuration.file, environment: context.environment) },
            onChange: { processNews.send($0) })
        self.processes = processes
        farewells = queen.endpoint.map { Farewells(to: $0, context: context) }
        heart = queen.endpoint.map { endpoint in
            HeartbeatSender(
                to: endpoint, path: HeartbeatPath.hive, token: { context.token }, interval: configuration[Settings.heartbeatInterval],
                loop: context.loop, log: context.log
            ) {
                await Self.heartbeat(context, fleet, processes, devices, status: context.draining.hasFired ? .stopping : .ready)
            }
        }
        news.receive { [weak self] in self?.changed($0) }
        processNews.receive { [weak self] in self?.changed($0) }
    }

    package func start() async throws {
        // Nobody waits for them: a program takes as long as it takes.
        await processes.begin()
        try await fleet.adopt()
        await putInOrder()
        keepInOrder()
        guard let heart else { return }
        await heart.start()
        Task { [context] in
            await context.draining.wait()
            await heart.changed()
        }
    }

    /// Puts the run directory in order as often as the queen is told of this hive.
    private func keepInOrder() {
        context.loop.schedule(after: context.configuration[Settings.heartbeatInterval]) { [self] in
            Task(executorPreference: context.loop) { [self] in
                guard !context.draining.hasFired else { return }
                await putInOrder()
                keepInOrder()
            }
        }
    }

    /// Ends what workers left running that were killed together with the guards of their engines, and with whoever supervised them: nobody else
    /// would before the next command, and it may hold a GPU.
    private func putInOrder() async {
        do throws(LifecycleError) {
            for notice in try await Upkeep(home: context.home, loop: context.loop).run() {
                context.log.warning("Put in order.", ["what": .text(notice)])
            }
        } catch {
            context.log.error("The run directory could not be put in order.", ["why": .text(error.message)])
        }
    }

    package func health() async -> HealthStatus {
        await Self.health(of: fleet, processes)
    }

    private static func health(of fleet: WorkerFleet, _ processes: ProcessFleet) async -> HealthStatus {
        if let trouble = await fleet.trouble() { return .degraded(reason: trouble) }
        return await processes.trouble().map { .degraded(reason: $0) } ?? .healthy
    }

    package func drain(cascade: Bool, within limit: Duration) async {
        // The queen is told last, and not waited for long.
        if cascade {
            async let programs: Void = processes.stopAll(within: limit - Self.farewell)
            await fleet.stopAll(within: limit - Self.farewell)
            await programs
        } else {
            await processes.leave()
            await fleet.leave()
        }
        guard let heart else { return }
        let last = await Self.heartbeat(context, fleet, processes, devices, status: .stopped)
        try? await context.loop.withDeadline(Self.farewell) { await heart.stop(last: last) }
    }

    private static let farewell: Duration = .milliseconds(500)

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
        addProcesses(to: &router)
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
    static func answer<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as FleetError {
            switch error {
            case .unknownModel: throw RequestError(404, "model_not_found", error.description)
            case .tooMany: throw RequestError.conflict(error.description, code: "too_many_workers")
            case .otherModel: throw RequestError.conflict(error.description, code: "other_model")
            case .badDuration: throw RequestError.bad(error.description, code: "bad_duration")
            case .unknownProcess(_, nil, _): throw RequestError(404, "process_not_found", error.description)
            case .unknownProcess: throw RequestError.bad(error.description, code: "bad_process")
            case .badConfiguration: throw RequestError.bad(error.description, code: "bad_configuration")
            case .badEngine: throw RequestError.bad(error.description, code: "bad_engine")
            case .otherDevice: throw RequestError.bad(error.description, code: "other_device")
            }
        } catch let error as LifecycleError {
            throw RequestError(error)
        }
    }

    // MARK: News

    private func changed(_ news: WorkerFleet.News) {
        let report = news.report
        var metadata: LogMetadata = ["worker": .text(report.id.instance), "state": .text(report.state.rawValue)]
        if let info = report.info { metadata["pid"] = .number(Int(info.pid)) }
        if let reason = report.reason { metadata["reason"] = .text(reason) }
        context.log.info("A worker changed its state.", metadata)
        if let gone = news.gone { farewells?.say(gone) }
        Task { await heart?.changed() }
    }

    private static func heartbeat(
        _ context: DaemonContext, _ fleet: WorkerFleet, _ processes: ProcessFleet, _ devices: [HiveDevice], status: OperationalStatus
    ) async -> [UInt8]? {
        let info = context.info
        let unused = Monotonic.now().since(context.lifetime.lastUsed)
        let hive = HiveInfo(
            id: context.id.instance, hostname: context.settings.listener?.host ?? "localhost", port: info.port ?? 0,
            operationalStatus: status, healthStatus: await health(of: fleet, processes), version: info.version,
            baseURL: info.baseURL ?? info.socket.map { "unix://\($0)" }, lastUsedSecsAgo: Double(unused) / 1e9)
        return try? ContractJSON.encode(
            HiveHeartbeat(hive: hive, timestamp: .now(), workers: await fleet.processStats(), capabilities: devices))
    }
}
