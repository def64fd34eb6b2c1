internal import CPlatform
internal import Configuration
internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Platform
internal import Synchronization

/// One daemon's course from its lock to its exit: performs what ``DrainMachine`` decides.
///
/// It lives on the loop. Whatever it is told (signals, requests, timers) arrives there, so deciding and acting are one step.
actor DaemonRuntime: RuntimeState {
    nonisolated let context: DaemonContext
    private nonisolated let name: String
    private nonisolated let service: any DaemonService
    private nonisolated let start: StartEnvironment
    private var server: HTTPServer?
    private var handler: RequestHandler?
    private let output: OutputFile?
    private var machine: DrainMachine
    private var startTask: Task<Void, Never>?
    private var deadline: EventLoop.Timer?
    private var watches: [EventLoop.Watch] = []
    private var lastWatchdog = Monotonic.now()
    private var idleness = Idleness()
    private var hasServed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    init(_ definition: DaemonDefinition, context: DaemonContext, start: StartEnvironment) throws {
        name = definition.name
        self.context = context
        self.start = start
        var limits = DrainMachine.Limits()
        limits.grace = context.configuration[Settings.stopGrace].clampedNanoseconds
        machine = DrainMachine(limits: limits)
        output = OutputFile(PresenceFile.output(context.id.instance), in: context.runDirectory)
        service = try definition.make(context)
    }

    // MARK: Coming up

    /// Listens, and begins to start the service. Signals, expiry and shutdown are heeded from here on.
    func begin() throws {
        var router = Router()
        CommonEndpoints(context: context, state: self).add(to: &router)
        service.routes(&router)
        let handler = RequestHandler(router, context: context)
        self.handler = handler
        let server = HTTPServer(
            loop: context.loop, limits: Self.limits(context.configuration),
            authorize: { peer in
                handler.peers.accepted(peer)
                return true
            },
            notice: { [log = context.log] in log.warning("About connections.", ["notice": .describing($0)]) },
            handler: { await handler.respond(to: $0) })
        self.server = server

        try context.presence.updateRecord { $0.state = .starting }
        let control = Mutex<HTTPServer.Listening?>(nil)
        try context.presence.listen("sock") { descriptor in
            let lost = control.withLock { listening in
                defer { listening = server.listen(descriptor: descriptor) }
                return listening
            }
            lost?.stop()
        }
        if let listener = context.settings.listener {
            let port = try server.listenTCP(host: listener.host, port: Int(listener.port))
            try context.presence.updateRecord { record in
                record.port = UInt16(clamping: port)
                record.baseURL = Self.baseURL(listener.host, port)
            }
        }
        try heed()
        // Coming up is use: the TTL counts from when it is ready.
        let coming = context.lifetime.beginWork()
        // The preference keeps what is bound to no actor on the loop as well.
        startTask = Task(executorPreference: context.loop) { [self] in
            defer { coming?.end() }
            do {
                try await service.start()
                await perform(.started)
            } catch {
                await startFailed(error)
            }
        }
    }

    private static func limits(_ configuration: Configuration) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.headBytes = configuration[Settings.httpHeadBytes]
        limits.headTime = configuration[Settings.httpHeadTimeout]
        limits.bodyBytes = configuration[Settings.httpBodyBytes]
        limits.idleTime = configuration[Settings.httpIdleTimeout]
        limits.connections = configuration[Settings.httpConnections]
        return limits
    }

    private static func baseURL(_ host: String, _ port: Int) -> String {
        // The address that means every one of this machine is none that can be asked.
        let host = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private func startFailed(_ error: any Error) {
        guard !machine.isDraining else { return }
        let failure = error as? StartError ?? StartError(.software, "\(error)", underlying: error)
        context.log.error("The start failed.", ["why": .text(failure.message)])
        StandardError.say("\(name): \(failure.message)")
        perform(.startFailed(code: failure.code.rawValue))
    }

    private func failed(_ error: StartError) {
        guard !machine.isDraining else { return }
        context.log.error("The service broke.", ["why": .text(error.message)])
        StandardError.say("\(name): \(error.message)")
        perform(.failed(code: error.code.rawValue))
    }

    /// Listens to everything that can end the daemon, and looks after it once a second.
    private func heed() throws {
        let loop = context.loop
        for number in [SIGTERM, SIGINT] {
            watches.append(try loop.onSignal(number) { [self] in assumeIsolated { $0.signalled(number) } })
        }
        context.lifetime.onExpiry { [self] in
            assumeIsolated { runtime in
                runtime.context.log.notice("Unused for its whole TTL.")
                runtime.perform(.idleExpired)
            }
        }
        context.onFailure { [self] error in
            context.loop.run { [self] in assumeIsolated { $0.failed(error) } }
        }
        context.onShutdown { [self] cascade in
            context.loop.run { [self] in assumeIsolated { $0.perform(.requested(cascade: cascade, grace: nil)) } }
        }
        scheduleTick()
    }

    private func signalled(_ number: Int32) {
        context.log.notice("A signal arrived.", ["signal": .number(Int(number))])
        perform(.signal(number))
    }

    // MARK: What is asked of it

    var phase: RequestHandler.Phase { handler?.phase ?? .starting }
    var connections: Int { server?.connections ?? 0 }
    var inFlight: Int { server?.inFlight ?? 0 }
    var answers: [Int: UInt64] { handler?.answers ?? [:] }

    func serviceHealth() async -> HealthStatus { await service.health() }
    func serviceMetrics() async -> [Metric] { await service.metrics() }

    func shutDown(cascade: Bool, grace: Duration?) {
        context.log.notice("A shutdown was asked for.", ["cascade": .flag(cascade)])
        perform(.requested(cascade: cascade, grace: grace?.clampedNanoseconds))
    }

    // MARK: Every second

    private func scheduleTick() {
        context.loop.schedule(after: .seconds(1)) { [self] in assumeIsolated { $0.tick() } }
    }

    private func tick() {
        let (requests, isServing) = (handler?.requests ?? 0, machine.state == .serving)
        if idleness.isWorthReleasing(requests: requests, isServing: isServing, resident: { ProcessFigures.residentBytes }) {
            rbee_trim_memory()
            rbee_release_code_pages()
        }
        context.log.tick()
        if let watchdog = start.watchdog { feed(watchdog) }
        do throws(SystemError) {
            try output?.trim()
            act(on: try context.presence.look())
            if !machine.isDraining { try context.tokenFile.look() }
        } catch {
            context.log.error("The run directory could not be looked after.", ["why": .text(error.message)])
        }
        scheduleTick()
    }

    private func act(on finding: Presence.Finding) {
        switch finding {
        case .intact: return
        case .restored: context.log.warning("Lock or socket was missing and was made again.")
        case .displaced:
            context.log.error("Another process holds the lock or socket. Leaving without touching either.")
            context.presence.abandon()
            perform(.displaced)
        case .homeless:
            context.log.error("The folder of the run directory is gone. Leaving.")
            context.presence.abandon()
            perform(.displaced)
        }
    }

    /// Tells whoever watches that the loop turns, twice as often as it wants to know.
    private func feed(_ interval: Duration) {
        guard Monotonic.now().since(lastWatchdog) + 1_000_000_000 > interval.clampedNanoseconds / 2 else { return }
        lastWatchdog = .now()
        start.notifier?.watchdog()
    }

    // MARK: Performing

    private func perform(_ event: DrainMachine.Event) {
        for action in machine.handle(event, at: .now()) { perform(action) }
    }

    private func perform(_ action: DrainMachine.Action) {
        switch action {
        case .announceReady:
            handler?.phase = .serving
            hasServed = true
            record(.ready)
            context.log.info("Ready.", ["base_url": .text(context.info.baseURL ?? ""), "version": .text(context.info.version)])
            start.notifier?.ready()
        case .recordDraining:
            record(.draining)
        case .announceStopping:
            start.notifier?.stopping()
            context.lifetime.drain()
            context.draining.fire()
            context.log.info("Draining.", ["why": .text(machine.cause?.description ?? "")])
        case .stopListening:
            server?.stopListening()
        case .unlinkSockets:
            context.presence.removeSockets()
        case .refuseRequests:
            handler?.phase = .draining
        case .cancelStart:
            startTask?.cancel()
        case .finishInFlight:
            finishInFlight()
        case .abandonInFlight:
            context.log.warning("Requests outlasted the grace and are cut.", ["in_flight": .number(inFlight)])
            context.jobs.cancelAll()
            server?.close()
        case .closeService(let cascade, let until):
            close(cascade, until)
        case .armDeadline(let moment):
            deadline?.cancel()
            let delay = Duration.nanoseconds(clamping: moment.since(.now()))
            deadline = context.loop.schedule(after: delay) { [self] in assumeIsolated { $0.perform(.deadlineReached) } }
        case .exit(let code):
            exit(code)
        }
    }

    private func record(_ state: DaemonState) {
        do throws(SystemError) {
            try context.presence.updateRecord { $0.state = state }
        } catch {
            context.log.error("The record could not be written.", ["why": .text(error.message)])
        }
    }

    private func finishInFlight() {
        let (server, startTask) = (server, startTask)
        Task(executorPreference: context.loop) { [self] in
            // The machine has the deadline; this one only has to be longer.
            _ = await server?.drain(deadline: .seconds(86_400))
            await context.jobs.finished()
            await startTask?.value
            await perform(.inFlightFinished)
        }
    }

    private func close(_ cascade: Bool, _ until: Monotonic) {
        Task(executorPreference: context.loop) { [self] in
            await service.drain(cascade: cascade, within: .nanoseconds(clamping: until.since(.now())))
            await perform(.serviceClosed)
        }
    }

    private func exit(_ code: Int32) {
        context.presence.takeLeave(code: code, served: hasServed)
        context.log.info("Ended.", ["code": .number(Int(code))])
        context.log.flush()
        // Not exit(3): handlers and destructors of libraries would run beside threads that still use what they destroy.
        _exit(code)
    }
}
