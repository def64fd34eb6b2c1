internal import Configuration
package import DaemonContract
package import DaemonRuntime
internal import EventLoop
internal import HTTP
internal import OperationContract
internal import Platform

/// The worker: one model, served over OpenAI's API, known to hive and queen by its heartbeats.
package actor WorkerService: DaemonService {
    private enum State {
        /// The engine is coming up. Can transition to serving or closed.
        case starting
        /// Requests are answered. Can transition to broken or closed.
        case serving(WorkerEngine)
        /// The engine has ended; the worker is about to. Can transition to closed.
        case broken(reason: String)
        /// Final.
        case closed
    }

    /// How long a last heartbeat may take.
    private static let farewell: Duration = .milliseconds(500)

    private let context: DaemonContext
    private let options: WorkerOptions
    private let configuration: ModelConfiguration
    private let activity = WorkerActivity()
    private var state = State.starting
    private var heartbeats: [HeartbeatSender] = []
    private var absence = HiveAbsence()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Throws: `StartError` (78) when the model cannot be served as it is configured.
    package init(_ context: DaemonContext, options: WorkerOptions) throws(StartError) {
        self.context = context
        self.options = options
        configuration = try options.configuration(in: context.configuration[Settings.models])
    }

    // MARK: Endpoints

    package nonisolated func routes(_ router: inout Router) {
        router.post(OpenAIPath.chatCompletions, access: .openAI) { [self] request, _ in
            try await generate(request) { await $0.chatCompletions($1) }
        }
        router.post(OpenAIPath.completions, access: .openAI) { [self] request, _ in
            try await generate(request) { await $0.completions($1) }
        }
        router.post(OpenAIPath.embeddings, access: .openAI) { [self] request, _ in
            try await generate(request) { await $0.embeddings($1) }
        }
        router.get(OpenAIPath.models, access: .openAI) { [self] _, _ in try await backend().models().response() }
        router.get("\(OpenAIPath.models)/{id...}", access: .openAI) { [self] _, parameters in
            try await backend().model(named: parameters["id"]).response()
        }
    }

    private func generate(
        _ request: HTTPRequest, _ answer: @Sendable (any OpenAIBackend, [UInt8]) async -> OpenAIAnswer
    ) async throws -> HTTPResponse {
        let backend = try backend()
        let body = try await request.collectBody(upTo: context.configuration[Settings.httpBodyBytes])
        let generating = activity.begin()
        return await answer(backend, body).response { generating.end() }
    }

    private func backend() throws(OpenAIError) -> any OpenAIBackend {
        switch state {
        case .serving(let engine): return engine.backend
        case .starting: throw .unavailable("The engine is starting; ask again in a moment.", code: "engine_starting")
        case .broken(let reason): throw .unavailable("The engine has ended: \(reason)", code: "engine_unavailable")
        case .closed: throw .unavailable("The worker is ending.", code: "engine_unavailable")
        }
    }

    // MARK: Coming up

    package func start() async throws {
        beginHeartbeats()
        let engine: WorkerEngine
        do {
            engine = try await WorkerEngine.start(configuration, as: options.model, context: context)
        } catch let error as EngineError {
            throw StartError(error.code == .misconfigured ? .configuration : .software, error.message, underlying: error)
        }
        guard case .starting = state else { return await engine.stop() }
        state = .serving(engine)
        activity.serve()
        Task {
            guard let exit = await engine.ended() else { return }
            engineEnded(exit)
        }
    }

    /// An engine that ends by itself takes its worker with it: the hive's restart policy decides what becomes of both.
    private func engineEnded(_ exit: EngineExit) {
        guard case .serving = state else { return }
        state = .broken(reason: exit.summary)
        activity.stop()
        context.log.error("The engine has ended.", ["how": .text("\(exit.end)"), "output": .text(String(exit.output.suffix(2000)))])
        context.fail(StartError(.software, "the engine of \(options.model) \(exit.summary)"))
    }

    package func health() async -> HealthStatus {
        switch state {
        case .serving: .healthy
        case .starting: .unhealthy(reason: "the engine is starting")
        case .broken(let reason): .unhealthy(reason: "the engine has ended: \(reason)")
        case .closed: .unhealthy(reason: "the worker is ending")
        }
    }

    package func metrics() async -> [Metric] {
        [Metric("rbee_worker_generating", .gauge, "Requests that the engine is answering.", Double(activity.inFlight))]
    }

    package func drain(cascade: Bool, within limit: Duration) async {
        activity.stop()
        let (loop, last) = (context.loop, heartbeat(.stopped))
        let before = state
        // From here on the end of the engine is ours.
        state = .closed
        await withTaskGroup { group in
            for heartbeat in heartbeats {
                // Whoever does not listen is not waited for: it will miss the heartbeats instead.
                group.addTask { try? await loop.withDeadline(min(limit, Self.farewell)) { await heartbeat.stop(last: last) } }
            }
            if case .serving(let engine) = before { group.addTask { await engine.stop() } }
        }
    }

    // MARK: Heartbeats

    private func beginHeartbeats() {
        if let queen = options.queen { beat(to: queen) { _ in } }
        if let hive = options.hive {
            beat(to: hive) { [weak self] answered in
                Task { await self?.hiveAnswered(answered) }
            }
        }
        activity.onChange { [weak self] in
            guard let self else { return }
            Task { await self.tellChange() }
        }
        for heartbeat in heartbeats { Task { await heartbeat.start() } }
        Task {
            await context.draining.wait()
            activity.stop()
        }
    }

    private func beat(to endpoint: HTTPEndpoint, answered: @escaping @Sendable (Bool) -> Void) {
        heartbeats.append(
            HeartbeatSender(
                to: endpoint, path: HeartbeatPath.worker, token: { [context] in context.token },
                interval: context.configuration[Settings.heartbeatInterval], loop: context.loop, log: context.log, answered: answered,
                compose: { self.heartbeat() }))
    }

    /// - Parameter status: nil: what it is doing now.
    private nonisolated func heartbeat(_ status: OperationalStatus? = nil) -> [UInt8]? {
        var info = info()
        info.status = status ?? info.status
        // Everything in it is text and numbers that JSON can carry.
        return try? ContractJSON.encode(WorkerHeartbeat(worker: info, timestamp: .now()))
    }

    private func tellChange() async {
        for heartbeat in heartbeats { await heartbeat.changed() }
    }

    private nonisolated func info() -> WorkerInfo {
        let daemon = context.info
        return WorkerInfo(
            id: context.id.instance, modelID: options.model, device: configuration.device, port: daemon.port ?? 0, status: activity.status,
            implementation: configuration.engine.rawValue, version: daemon.version, baseURL: daemon.baseURL, socket: daemon.socket,
            hiveID: hiveInstance, inFlight: activity.inFlight,
            lastUsedSecsAgo: Double(Monotonic.now().since(context.lifetime.lastUsed)) / 1e9)
    }

    /// The hive that owns this worker, by its name in this run directory.
    private nonisolated var hiveInstance: String? {
        guard let owner = context.settings.owner, owner.hasPrefix("hive/") else { return nil }
        return String(owner.dropFirst(5))
    }

    // MARK: A hive that is away

    private func hiveAnswered(_ answered: Bool) {
        let now = Duration.nanoseconds(clamping: Monotonic.now().nanoseconds)
        if answered || hiveHoldsItsLock() {
            absence.answered()
            return
        }
        absence.missed(at: now)
        let lastUsed = Duration.nanoseconds(clamping: context.lifetime.lastUsed.nanoseconds)
        if absence.shouldLeave(at: now, lastUsed: lastUsed) {
            context.log.notice("The hive has been away for ten minutes and nobody uses this worker. Leaving.")
            context.shutDown(cascade: true)
        }
    }

    /// A hive may live at another port than the one it had; its lock tells.
    private func hiveHoldsItsLock() -> Bool {
        guard let hiveInstance, let directory = try? RunDirectory.open("\(context.home.run)/\(DaemonKind.hive)", create: false) else {
            return false
        }
        return (try? FileLock.probe(in: directory, name: "\(hiveInstance).lock")) == .held
    }
}
