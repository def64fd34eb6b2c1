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
    let context: DaemonContext
    private let registry: any Registry
    let hives: LocalHives
    private let pool: ClientPool
    private let loads = Mutex(LoadTable())
    private let onEvents: @Sendable ([RegistryEvent]) -> Void
    var spawning: [ScheduleRequest: Task<String, any Error>] = [:]
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

    /// A worker for a request; one is started, once, if none serves the model and the configuration allows it.
    func assign(_ wanted: ScheduleRequest) async throws -> Assignment {
        let deadline = Monotonic.now().adding(Self.patience.clampedNanoseconds)
        var request = wanted
        var mayStart = context.configuration[Settings.queenAutostartWorker]
        while true {
            let snapshot = try await snapshot()
            switch Scheduler.decide(request, snapshot, loads: currentLoads) {
            case .worker(let worker):
                return try assignment(worker)
            case .starting(let workers):
                guard Monotonic.now() < deadline else { throw Self.tooSlow(workers) }
                try await change(before: deadline)
            case .nobody(let refusal):
                guard mayStart, refusal.canStart, canHaveStarted(request, snapshot) else {
                    throw isKnown(request.model, snapshot)
                        ? RequestError.unavailable(refusal.message, code: "no_worker")
                        : RequestError(.modelNotFound(request.model, hint: "Add it to `models:` in the configuration."))
                }
                mayStart = false
                // It has just answered its hive: whatever was wrong with it before is over.
                request.excluding.remove(try await spawn(request))
            }
        }
    }

    /// How long a request waits for a worker that is starting.
    private static let patience: Duration = .seconds(600)

    private static func tooSlow(_ workers: [String]) -> RequestError {
        .unavailable("\(workers.joined(separator: ", ")) did not become ready in time; see: rbee-keeper status", code: "no_worker")
    }

    /// Whether the model is one that this queen has heard of, whether or not it can be had now.
    private func isKnown(_ model: String, _ snapshot: RegistrySnapshot) -> Bool {
        context.configuration[Settings.models][model] != nil || snapshot.workers.contains { $0.info.modelID == model }
    }

    /// Whether there is a hive to ask: one that is known may be configured otherwise than this queen, one that she would start is not.
    private func canHaveStarted(_ request: ScheduleRequest, _ snapshot: RegistrySnapshot) -> Bool {
        Scheduler.hive(for: request, snapshot) != nil || isKnown(request.model, snapshot)
    }

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

    /// A worker did not take a request, or did not end its answer: others are asked until it says that it lives.
    func failed(_ assignment: Assignment, at moment: Monotonic) async {
        guard let events = try? await registry.markUnreachable(worker: assignment.worker.info.id, sentAt: moment) else { return }
        tell(events)
    }

    func client(of url: String) throws -> HiveClient {
        guard let endpoint = HTTPEndpoint(url: url) else {
            throw RequestError(502, "bad_hive_address", "\"\(url)\" is no address of a hive")
        }
        return HiveClient(pool.client(for: endpoint), token: context.token)
    }

    // MARK: News

    func heard(_ worker: WorkerInfo) async throws {
        let own = loads.withLock { $0.inFlight(at: worker.id) }
        tell(try await registry.upsert(worker: worker, at: .now(), ownInFlight: own))
    }

    func heard(_ hive: HiveInfo) async throws {
        tell(try await registry.upsert(hive: hive, at: .now()))
    }

    /// Takes what a hive says of a worker. What the worker itself has said counts for more, unless that was an earlier life of it.
    func introduce(_ worker: WorkerInfo) async throws {
        let snapshot = try await snapshot()
        if let known = snapshot.worker(worker.id), snapshot.isAvailable(known), known.info.port == worker.port { return }
        try await heard(worker)
    }

    /// Forgets whom nothing was heard of for long.
    func purge() async {
        guard let events = try? await registry.purge(at: .now()) else { return }
        tell(events)
        guard let snapshot = try? await snapshot() else { return }
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

    /// Waits until something was heard, or it is time to look again: nobody tells when a worker has become stale.
    private func change(before deadline: Monotonic) async throws {
        let once = ResumeOnce<Void, Never>()
        waiting.append(once)
        let left = min(Duration.nanoseconds(clamping: deadline.since(min(.now(), deadline))), .seconds(5))
        let timer = context.loop.schedule(after: left) { once.resume(with: .success(())) }
        _ = await once.result { once.resume(with: .success(())) }
        timer.cancel()
        try Task.checkCancellation()
    }
}
