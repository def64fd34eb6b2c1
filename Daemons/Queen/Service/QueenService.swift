internal import Configuration
internal import DaemonContract
package import DaemonRuntime
internal import DaemonLifecycle
internal import EventLoop
internal import HTTP
internal import OperationContract
internal import Synchronization

/// The queen: knows the hives and their workers by their heartbeats, sends each request to a worker of its model, and has workers started.
package final class QueenService: DaemonService {
    /// The queen as a daemon.
    package static let definition = DaemonDefinition(
        kind: .queen, summary: "sends OpenAI requests to workers, and has hives start them",
        make: { try QueenService($0) })

    private let context: DaemonContext
    private let dispatcher: Dispatcher
    private let hives: LocalHives
    private let pool: ClientPool
    private let proxy: OpenAIProxy
    private let broadcast: HeartbeatBroadcast
    private let purging = Mutex<EventLoop.Timer?>(nil)

    /// - Parameters:
    ///   - context: the daemon it is.
    ///   - registry: where hives and workers are kept; in memory unless another one is given.
    package init(_ context: DaemonContext, registry: (any Registry)? = nil) throws {
        self.context = context
        let log = context.log
        let timing = RegistryTiming(timeout: context.configuration[Settings.heartbeatTimeout])
        pool = ClientPool(loop: context.loop)
        broadcast = HeartbeatBroadcast(loop: context.loop)
        let relay = Relay<Supervisor.Report>()
        hives = try LocalHives(context) { report in
            var metadata: LogMetadata = ["hive": .text(report.id.instance), "state": .text(report.state.rawValue)]
            if let reason = report.reason { metadata["reason"] = .text(reason) }
            log.info("A hive changed its state.", metadata)
            relay.send(report)
        }
        let dispatcher = Dispatcher(context, registry: registry ?? InMemoryRegistry(timing: timing), hives: hives, pool: pool) { events in
            for event in events { log.info("The registry changed.", ["event": .describing(event)]) }
        }
        self.dispatcher = dispatcher
        relay.receive { [loop = context.loop] report in Task(executorPreference: loop) { await dispatcher.noted(report) } }
        proxy = OpenAIProxy(dispatcher: dispatcher, token: { context.token })
    }

    package func start() async throws {
        try await hives.adopt()
        schedulePurge()
    }

    package func drain(cascade: Bool, within limit: Duration) async {
        purging.withLock { $0?.cancel() }
        await hives.end(cascade: cascade, within: limit)
        pool.close()
    }

    private func schedulePurge() {
        let timer = context.loop.schedule(after: HeartbeatTiming.cleanupInterval) { [weak self] in
            guard let self else { return }
            Task(executorPreference: context.loop) { await self.dispatcher.purge() }
            schedulePurge()
        }
        purging.withLock { $0 = timer }
    }

    // MARK: Endpoints

    package func routes(_ router: inout Router) {
        let proxy = proxy
        for path in [OpenAIPath.chatCompletions, OpenAIPath.completions, OpenAIPath.embeddings] {
            router.post(path, access: .openAI) { request, _ in try await proxy.respond(to: request) }
        }
        router.get(OpenAIPath.models, access: .openAI) { [self] _, _ in .json(OpenAIModelList(data: try await models())) }
        router.get(OpenAIPath.model("{id...}"), access: .openAI) { [self] _, parameters in
            let id = parameters["id"]
            guard let model = try await models().first(where: { $0.id == id }) else { throw OpenAIError.modelNotFound(id) }
            return .json(model)
        }
        heartbeats(&router)
        router.get(RegistryPath.hives) { [dispatcher] _, _ in
            let snapshot = try await dispatcher.snapshot()
            return .json(HiveList(hives: snapshot.hives.map(snapshot.row)))
        }
        router.get(RegistryPath.workers) { [dispatcher] _, _ in
            let snapshot = try await dispatcher.snapshot()
            let loads = dispatcher.currentLoads
            return .json(WorkerList(workers: snapshot.workers.map { snapshot.row($0, ownInFlight: loads.inFlight(at: $0.info.id)) }))
        }
        let operations = QueenOperations(
            context: context, dispatcher: dispatcher, hives: hives, inference: InferenceJob(proxy: proxy, narrator: context.narrator))
        router.jobs(context.jobs) { try await operations.perform($0, $1) }
    }

    /// What can be asked for: what workers serve, and what the configuration says could be started.
    private func models() async throws -> [OpenAIModel] {
        let served = try await dispatcher.snapshot().models
        let canStart = context.configuration[Settings.queenAutostartWorker]
        let configured = canStart ? context.configuration[Settings.models].models.map(\.name) : []
        return Set(served + configured).sorted().map { OpenAIModel(id: $0, created: Int64(clamping: context.info.startedAt)) }
    }

    private func heartbeats(_ router: inout Router) {
        router.post(HeartbeatPath.worker, use: .looks) { [dispatcher, broadcast] request, _ in
            let beat = try ContractJSON.decode(WorkerHeartbeat.self, from: try await request.collectBody())
            try await Self.taken { try await dispatcher.heard(beat.worker) }
            broadcast.send(.worker(beat))
            return .json(HeartbeatAck())
        }
        router.post(HeartbeatPath.hive, use: .looks) { [context, dispatcher, broadcast] request, _ in
            let beat = try ContractJSON.decode(HiveHeartbeat.self, from: try await request.collectBody())
            try await Self.taken { try await dispatcher.heard(beat.hive) }
            // An owner is as recently used as what it owns.
            if let ago = beat.hive.lastUsedSecsAgo.flatMap(WireSeconds.duration) { context.lifetime.use(ago: ago) }
            broadcast.send(.hive(beat))
            return .json(HeartbeatAck())
        }
        router.get(HeartbeatPath.stream) { [dispatcher, broadcast] _, _ in
            .events { writer in
                let subscription = broadcast.subscribe()
                defer { broadcast.unsubscribe(subscription) }
                // The whole first, then what changes, and now and then the whole again.
                var whole = Monotonic.now()
                while true {
                    if whole <= .now() {
                        let summary = HeartbeatEvent.queen(try await dispatcher.snapshot().summary(timestamp: .now()))
                        try await writer.send(try Self.event(summary))
                        whole = Monotonic.now().adding(Self.summaryInterval.clampedNanoseconds)
                    }
                    let left = Duration.nanoseconds(clamping: whole.since(min(.now(), whole)))
                    for event in await subscription.next(within: left) { try await writer.send(try Self.event(event)) }
                    try Task.checkCancellation()
                }
            }
        }
    }

    private static let summaryInterval: Duration = .milliseconds(2500)

    private static func event(_ event: HeartbeatEvent) throws -> SSEEvent {
        SSEEvent(event: HeartbeatEvent.eventName, data: try ContractJSON.encodeText(event))
    }

    /// A heartbeat that cannot be taken is the sender's fault, or the registry is full.
    private static func taken(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as RegistryError {
            switch error.code {
            case .invalid: throw RequestError.bad(error.message, code: error.code.rawValue)
            default: throw RequestError.unavailable(error.message, code: error.code.rawValue)
            }
        }
    }
}
