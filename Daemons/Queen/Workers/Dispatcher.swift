internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import Glibc
internal import HTTP
internal import OperationContract
internal import Synchronization

/// Finds a worker for each request: the least loaded that is ready, or one that a hive starts for it.
actor Dispatcher {
    private let context: DaemonContext
    private let registry: any Registry
    private let hives: LocalHives
    private let pool: ClientPool
    private let loads = Mutex(LoadTable())
    private let onEvents: @Sendable ([RegistryEvent]) -> Void
    private var spawning: [ScheduleRequest: Task<Void, any Error>] = [:]
    private var waiting: [ResumeOnce<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    init(
        _ context: DaemonContext, registry: any Registry, hives: LocalHives, pool: ClientPool,
        onEvents: @escaping @Sendable ([RegistryEvent]) -> Void
    ) {
        self.context = context
        self.registry = registry
        self.hives = hives
        self.pool = pool
        self.onEvents = onEvents
    }

    /// How many requests this queen has under way at each worker.
    nonisolated var currentLoads: LoadTable { loads.withLock { $0 } }

    // MARK: Choosing

    /// A worker for a request; one is started if none serves the model and the configuration allows it.
    func assign(_ request: ScheduleRequest) async throws -> Assignment {
        let deadline = Monotonic.now().adding(Self.patience.clampedNanoseconds)
        while true {
            switch Scheduler.decide(request, try await registry.snapshot(at: .now()), loads: currentLoads) {
            case .worker(let worker):
                return try assignment(worker)
            case .starting:
                try await change(before: deadline)
            case .nobody(let refusal):
                guard refusal.canStart, request.excluding.isEmpty || request.workerID == nil,
                    context.configuration[Settings.queenAutostartWorker]
                else {
                    throw RequestError.unavailable(refusal.message, code: "no_worker")
                }
                try await spawn(request)
            }
            guard Monotonic.now() < deadline else {
                throw RequestError.unavailable(
                    "no worker of \(request.model) became ready in time; see: rbee-keeper status", code: "no_worker")
            }
        }
    }

    /// How long a request waits for a worker.
    private static let patience: Duration = .seconds(600)

    private func assignment(_ worker: WorkerEntry) throws -> Assignment {
        guard let endpoint = Self.endpoint(of: worker) else {
            throw RequestError(502, "bad_worker_address", "worker \(worker.info.id) says it is at \(worker.baseURL), which is no address")
        }
        let id = worker.info.id
        loads.withLock { $0.begin(id) }
        return Assignment(worker: worker, client: pool.client(for: endpoint)) { [self] in loads.withLock { $0.end(id) } }
    }

    /// A worker of this host is reached by its socket, others over TCP.
    static func endpoint(of worker: WorkerEntry) -> HTTPEndpoint? {
        if let socket = worker.info.socket, access(socket, F_OK) == 0 { return .unix(path: socket) }
        return HTTPEndpoint(url: worker.baseURL)
    }

    /// A worker did not take a request: others are asked until it says that it lives.
    func failed(_ assignment: Assignment, at moment: Monotonic) async {
        guard let events = try? await registry.markUnreachable(worker: assignment.worker.info.id, sentAt: moment) else { return }
        tell(events)
    }

    // MARK: News

    func heard(_ worker: WorkerInfo) async throws {
        let own = loads.withLock { $0.inFlight(at: worker.id) }
        tell(try await registry.upsert(worker: worker, at: .now(), ownInFlight: own))
    }

    func heard(_ hive: HiveInfo) async throws {
        tell(try await registry.upsert(hive: hive, at: .now()))
    }

    /// Forgets whom nothing was heard of for long.
    func purge() async {
        guard let events = try? await registry.purge(at: .now()) else { return }
        tell(events)
        guard let snapshot = try? await registry.snapshot(at: .now()) else { return }
        let hives = snapshot.hives.compactMap { HTTPEndpoint(url: $0.baseURL) }
        pool.keep(only: Set(snapshot.workers.compactMap(Self.endpoint) + hives))
    }

    func snapshot() async throws -> RegistrySnapshot { try await registry.snapshot(at: .now()) }

    private func tell(_ events: [RegistryEvent]) {
        let woken = waiting
        waiting.removeAll()
        for waiter in woken { waiter.resume(with: .success(())) }
        if !events.isEmpty { onEvents(events) }
    }

    /// Waits until something was heard, or the deadline.
    private func change(before deadline: Monotonic) async throws {
        let once = ResumeOnce<Void, Never>()
        waiting.append(once)
        let left = Duration.nanoseconds(clamping: deadline.since(min(.now(), deadline)))
        let timer = context.loop.schedule(after: left) { once.resume(with: .success(())) }
        await withTaskCancellationHandler {
            await once.value()
        } onCancel: {
            once.resume(with: .success(()))
        }
        timer.cancel()
        try Task.checkCancellation()
    }

    // MARK: Starting

    /// Has a hive start a worker; requests for the same share one start, and its failure.
    private func spawn(_ request: ScheduleRequest) async throws {
        var key = request
        key.excluding = []
        let task: Task<Void, any Error>
        if let running = spawning[key] {
            task = running
        } else {
            task = Task {
                defer { spawning[key] = nil }
                try await start(key)
            }
            spawning[key] = task
        }
        try await task.value
    }

    private func start(_ request: ScheduleRequest) async throws {
        let hive = try await hive(for: request)
        context.narrator.say("schedule", "asking hive \(hive.id) for a worker of \(request.model)", target: request.model)
        let parts = (request.device ?? "cpu").split(separator: ":", maxSplits: 1)
        let spawn = WorkerSpawnRequest(
            hiveID: hive.id, model: request.model, worker: parts.first.map(String.init) ?? "cpu",
            device: parts.count == 2 ? UInt32(parts[1]) ?? 0 : 0)
        let worker = try await hive.client.spawn(spawn)
        // Known at once: its own first heartbeat may still be on its way.
        try await heard(
            WorkerInfo(
                id: worker.workerID, modelID: request.model, device: request.device ?? "cpu", port: worker.port, status: worker.status,
                implementation: "", version: RbeeVersion.current, baseURL: worker.baseURL, hiveID: hive.id))
    }

    /// A hive that can start workers; the local one is started if there is none.
    func hive(for request: ScheduleRequest) async throws -> (id: String, client: HiveClient) {
        if let entry = Scheduler.hive(for: request, try await snapshot()) { return (entry.info.id, try client(of: entry.baseURL)) }
        let alias = request.hiveID ?? DaemonKind.hive.defaultInstance
        guard alias == DaemonKind.hive.defaultInstance, context.configuration[Settings.queenAutostartHive] else {
            throw RequestError.unavailable(
                "no hive\(request.hiveID.map { " \($0)" } ?? "") answers; start one with: rbee-keeper hive start", code: "no_hive")
        }
        return (alias, try await startHive(alias))
    }

    /// Starts the local hive, or finds it running.
    func startHive(_ alias: String) async throws -> HiveClient {
        context.narrator.say("hive", "waking hive \(alias)", target: alias)
        let info: DaemonInfo
        do {
            info = try await hives.start(alias)
        } catch {
            throw RequestError(502, error.code.description, error.message)
        }
        context.narrator.say("hive", "hive \(alias) is awake as process \(info.pid)", target: alias)
        guard let url = info.baseURL ?? info.socket.map({ "unix://\($0)" }) else {
            throw RequestError(502, "bad_hive_address", "hive \(alias) does not say where it is reached")
        }
        return try client(of: url)
    }

    /// The hive of an operation: a known one, or the local one.
    func hive(named id: String) async throws -> HiveClient {
        if let entry = try await snapshot().hive(id) { return try client(of: entry.baseURL) }
        return try await hive(for: ScheduleRequest(model: "", hiveID: id)).client
    }

    private func client(of url: String) throws -> HiveClient {
        guard let endpoint = HTTPEndpoint(url: url) else {
            throw RequestError(502, "bad_hive_address", "\"\(url)\" is no address of a hive")
        }
        return HiveClient(pool.client(for: endpoint), token: context.token)
    }
}
