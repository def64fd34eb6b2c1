internal import Configuration
package import EventLoop
internal import Platform

/// Starts an engine's program, waits until it can serve, and knows when it ends.
///
/// The program runs under a guard: when the worker goes, however it goes, the engine goes with everything it has started. One
/// `CommandEngine` is started once; an engine that ends is not started again here, since the hive's restart policy is for that.
package actor CommandEngine {
    /// Asks an engine whether it can serve.
    package typealias Probe = @Sendable (EngineEndpoint, _ process: Int32) async -> ProbeResult

    /// What keeps a launch apart from those before it, so that late news of an old one is not taken for news of the new one.
    private struct Launched {
        var number: Int
        var process: any EngineProcess
        var endpoint: EngineEndpoint
        var port: EnginePort?
    }

    private let loop: EventLoop
    private let plan: EngineLaunchPlan
    private let host: any EngineHost
    private let probe: Probe
    private let places: EnginePlaces
    private var current: Launched?
    private var launches = 0
    private var exit: EngineExit?
    private var isReady = false
    private var isStopped = false
    private var events: [EngineStartMachine.Event] = []
    private var reader: CheckedContinuation<EngineStartMachine.Event, Never>?
    private var waitingForEnd: [CheckedContinuation<EngineExit, Never>] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - environment: the worker's own.
    ///   - places: where ports are reserved and sockets made.
    package init(
        configuration: EngineConfiguration, environment: [String: String], places: EnginePlaces, host: any EngineHost,
        loop: EventLoop, probe: @escaping Probe
    ) {
        self.loop = loop
        self.host = host
        self.probe = probe
        self.places = places
        plan = EngineLaunchPlan(configuration: configuration, environment: environment)
    }

    /// Starts the engine and waits until it can serve.
    ///
    /// - Throws: `EngineError`: how it ended and its last words if it died, what it answered if it was not ready within its budget,
    ///   `.cancelled` if the caller was cancelled or the engine stopped. Nothing of it is left then.
    package func start() async throws(EngineError) -> EngineEndpoint {
        let budget = loop.schedule(after: plan.configuration.startTimeout) { [self] in
            Task { await post(.budgetSpent) }
        }
        defer { budget.cancel() }
        let outcome = await withTaskCancellationHandler {
            await run()
        } onCancel: {
            Task { await post(.stopped) }
        }
        return try outcome.get()
    }

    /// Waits until an engine that was ready has ended.
    package func ended() async -> EngineExit {
        if let exit { return exit }
        return await withCheckedContinuation { waitingForEnd.append($0) }
    }

    /// Kills the engine with everything it started and waits until all of it is gone. Also while it starts.
    package func stop() async {
        isStopped = true
        post(.stopped)
        guard let launched = take() else { return }
        await launched.process.stop()
        free(launched)
        finish(await launched.process.ended())
    }

    // MARK: Starting

    private func run() async -> Result<EngineEndpoint, EngineError> {
        var machine = EngineStartMachine(configuration: plan.configuration)
        var action = machine.begin()
        while true {
            switch action {
            case .killAndLaunch:
                await discard()
                action = machine.handle(await launch())
            case .launch:
                action = machine.handle(await launch())
            case .probe(let delay):
                ask(after: delay)
                action = machine.handle(await nextEvent())
            case .none:
                action = machine.handle(await nextEvent())
            case .succeed:
                guard let current else { return .failure(EngineError(.unavailable, "the engine ended as soon as it was ready")) }
                isReady = true
                return .success(current.endpoint)
            case .fail(let error):
                await discard()
                return .failure(error)
            }
        }
    }

    private func launch() async -> EngineStartMachine.Event {
        guard !isStopped else { return .stopped }
        launches += 1
        let number = launches
        events.removeAll { event in
            // What is left of the launch before; only its budget and a stop concern this one.
            switch event {
            case .budgetSpent, .stopped: false
            case .launched, .launchFailed, .probed, .ended: true
            }
        }
        do throws(EngineError) {
            let (endpoint, port) = try place()
            let process = try await host.start(try plan.launch(at: endpoint))
            current = Launched(number: number, process: process, endpoint: endpoint, port: port)
            Task {
                let exit = await process.ended()
                hasEnded(number, exit)
            }
            return .launched
        } catch {
            return .launchFailed(error)
        }
    }

    private func place() throws(EngineError) -> (EngineEndpoint, EnginePort?) {
        if plan.configuration.usesSocket { return (.socket(try places.makeSocketPlace()), nil) }
        let port = try places.ports.reserve()
        return (.port(port.number), port)
    }

    private func ask(after delay: Duration) {
        guard let current else { return }
        let loop = loop
        let probe = probe
        Task {
            // Only a stopped loop ends this sleep early, and then nobody waits for the answer.
            try? await loop.sleep(for: delay)
            let result = await probe(current.endpoint, current.process.pid)
            if self.current?.number == current.number { post(.probed(result)) }
        }
    }

    private func hasEnded(_ number: Int, _ exit: EngineExit) {
        // Nobody waits for one that was taken away to be killed.
        guard current?.number == number, let launched = take() else { return }
        let portTaken = launched.port.map { !EnginePorts.canBind($0.number) } ?? false
        free(launched)
        post(.ended(exit, portTaken: portTaken))
        finish(exit)
    }

    /// Tells whoever waits for the end of an engine that was ready; one that was not is launched again, or has failed.
    private func finish(_ exit: EngineExit) {
        guard isReady else { return }
        self.exit = exit
        for waiter in waitingForEnd { waiter.resume(returning: exit) }
        waitingForEnd = []
    }

    // MARK: Events

    private func post(_ event: EngineStartMachine.Event) {
        guard let reader else {
            events.append(event)
            return
        }
        self.reader = nil
        reader.resume(returning: event)
    }

    private func nextEvent() async -> EngineStartMachine.Event {
        if !events.isEmpty { return events.removeFirst() }
        return await withCheckedContinuation { reader = $0 }
    }

    // MARK: Ending

    private func discard() async {
        guard let launched = take() else { return }
        await launched.process.stop()
        free(launched)
    }

    private func take() -> Launched? {
        defer { current = nil }
        return current
    }

    private func free(_ launched: Launched) {
        launched.port?.release()
        if case .socket = launched.endpoint { places.removeSocket() }
    }
}
