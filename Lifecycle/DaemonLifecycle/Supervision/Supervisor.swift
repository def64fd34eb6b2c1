package import DaemonContract
internal import EventLoop

/// Keeps daemons running: starts them, notices how they end, and starts them again as ``RestartMachine`` decides.
///
/// A daemon that ends by its own decision, by its idle clock or because somebody asked, takes its record with it and is not started
/// again: it is told once as `stopped` and forgotten. What another owner started is kept running too, and never stopped along.
package actor Supervisor {
    /// A supervised daemon, as it is now.
    package struct Report: Sendable, Hashable {
        package let id: DaemonID
        package let state: DaemonState
        package let reason: String?
        /// Since when it is in this state, in monotonic nanoseconds.
        package let since: UInt64
        package let info: DaemonInfo?
        /// How often it was started again since it last stayed healthy.
        package let restarts: Int
    }

    /// One daemon under supervision, from the first wish for it, or its adoption, until it is stopped.
    struct Entry {
        /// Tells this supervision from an earlier or later one of the same daemon: news of another one is dropped.
        let number: UInt64
        var lifecycle: DaemonLifecycle
        var machine: RestartMachine
        var running: EnsureRun.Running?
        /// The start under way, shared by all who ask for it.
        var start: Task<Result<EnsureRun.Running, LifecycleError>, Never>?
        /// The stop under way. While there is one, neither an end nor a start changes anything.
        var stop: Task<Result<StopReceipt, LifecycleError>, Never>?
        /// What to go back to when a start fails that a person asked for after it had been given up.
        var givenUp: RestartMachine?
        var watching: Task<Void, Never>?
        var timer: EventLoop.Timer?
        /// Whether it has been ready once: only then is it started again by itself.
        var wasReady = false
        var reason: String?
        var since: UInt64
        var restarts = 0
    }

    let context: LifecycleContext
    let policy: RestartMachine.Policy
    private let onChange: @Sendable (Report) -> Void
    var entries: [DaemonID: Entry] = [:]
    private var lastNumber: UInt64 = 0
    /// Nothing is started any more.
    private(set) var isOver = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameter onChange: called on the loop after every change of state, with its cause.
    package init(
        context: LifecycleContext, policy: RestartMachine.Policy = .init(), onChange: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.context = context
        self.policy = policy
        self.onChange = onChange
    }

    // MARK: Starting

    /// Starts a daemon, or finds it running, and keeps it from then on.
    ///
    /// Callers at the same time share one start. The first one is answered with its own error; only a daemon that has been ready is
    /// started again by itself. Cancelling a caller ends its wait only. A wish during a stop waits for its end.
    ///
    /// - Throws: what ``DaemonLifecycle/ensure()`` throws; `cancelled` once the supervision is over.
    package func want(_ specification: DaemonSpecification) async throws(LifecycleError) -> DaemonInfo {
        let id = specification.id
        while let stop = entries[id]?.stop { _ = await stop.value }
        guard !isOver else {
            throw LifecycleError(.cancelled, "\(id) was not started: its supervisor is ending", daemon: id.description)
        }
        let start = entries[id]?.start ?? startWanted(specification)
        return try await start.cancellableValue().get().info
    }

    private func startWanted(_ specification: DaemonSpecification) -> Task<Result<EnsureRun.Running, LifecycleError>, Never> {
        let id = specification.id
        var entry = entries[id] ?? makeEntry(specification)
        if entry.running == nil, entry.lifecycle.specification != specification {
            entry.lifecycle = DaemonLifecycle(specification, context: context)
        }
        if case .failed = entry.machine.state { entry.givenUp = entry.machine }
        entries[id] = entry
        update(id) { $0.machine.handle(.wanted, now: MonotonicClock.now, random: 0) }
        return start(id, entry.number, entry.lifecycle)
    }

    /// Takes charge of the daemons of this owner that a predecessor started and that still run.
    ///
    /// Those that answer are there when this returns; those that start, or are silent, follow when they answer.
    ///
    /// - Parameter specify: how a daemon would be started again; asked once it has answered; nil for one that is none of ours.
    package func adopt(_ specify: @escaping @Sendable (DaemonID) async -> DaemonSpecification?) async throws(LifecycleError) {
        let rows = try await DaemonDirectory(home: context.home, loop: context.loop).list(owner: context.owner)
        // Plain programs cannot be asked: whoever supervises those looks for them itself.
        let adoptable = rows.filter { $0.owned && $0.kind != .process && $0.state.isRunning && $0.state != .draining }
        let ids = adoptable.compactMap { row in
            (try? DaemonID(kind: row.kind, instance: row.instance)).map { ($0, row.state.isServing) }
        }
        for (id, isServing) in ids where !isServing { Task { await adoptOnceReady(id, specify) } }
        await withTaskGroup(of: Void.self) { group in
            for (id, isServing) in ids where isServing { group.addTask { await self.adoptOnceReady(id, specify) } }
        }
    }

    private func adoptOnceReady(_ id: DaemonID, _ specify: @Sendable (DaemonID) async -> DaemonSpecification?) async {
        let patient = DaemonSpecification(id: id, startTimeout: .seconds(600))
        while !isOver, entries[id] == nil {
            do throws(LifecycleError) {
                guard let running = try await DaemonLifecycle(patient, context: context).found() else { return }
                guard let specification = await specify(id), !isOver, entries[id] == nil else { return }
                entries[id] = makeEntry(specification)
                return became(running, id)
            } catch {
                // Silent for now: busy is not dead.
                guard (try? await context.loop.sleep(for: .seconds(5))) != nil else { return }
            }
        }
    }

    private func makeEntry(_ specification: DaemonSpecification) -> Entry {
        lastNumber += 1
        return Entry(
            number: lastNumber, lifecycle: DaemonLifecycle(specification, context: context), machine: RestartMachine(policy: policy),
            since: MonotonicClock.now)
    }

    // MARK: Stopping

    /// Stops a daemon for good, with all that belongs to it, also one that is only starting.
    ///
    /// - Parameters:
    ///   - grace: how long it may drain; nil takes its specification's.
    ///   - cascade: whether it stops the daemons it owns first.
    package func stop(_ id: DaemonID, grace: Duration? = nil, cascade: Bool = true) async throws(LifecycleError) -> StopReceipt {
        guard let entry = entries[id] else {
            let specification = DaemonSpecification(id: id)
            return try await DaemonLifecycle(specification, context: context).stop(grace: grace, cascade: cascade)
        }
        let ladder = StopLadder.graceful(grace: grace ?? entry.lifecycle.specification.grace)
        return try await (entry.stop ?? beginStop(id, entry, ladder, cascade: cascade, onlyOwned: false)).value.get()
    }

    /// Ends the supervision and stops what this owner started.
    ///
    /// - Parameter limit: how long that may take; what has not gone by itself by then was killed.
    package func stopAll(within limit: Duration) async {
        isOver = true
        let ladder = StopLadder.within(limit)
        let stops = entries.map { id, entry in entry.stop ?? beginStop(id, entry, ladder, cascade: true, onlyOwned: true) }
        for stop in stops { _ = await stop.value }
        leave()
    }

    /// Ends the supervision and leaves the daemons as they are.
    package func leave() {
        isOver = true
        for entry in entries.values {
            entry.timer?.cancel()
            entry.watching?.cancel()
            entry.running?.child?.letGo()
        }
        entries.removeAll()
    }

    private func beginStop(
        _ id: DaemonID, _ entry: Entry, _ ladder: StopLadder, cascade: Bool, onlyOwned: Bool
    ) -> Task<Result<StopReceipt, LifecycleError>, Never> {
        entry.timer?.cancel()
        entry.watching?.cancel()
        let stop = Task {
            var result = await Self.stop(entry.lifecycle, ladder, cascade: cascade, onlyOwned: onlyOwned)
            if let start = entry.start {
                // A start that had no process yet when the stop looked has one now, or never will.
                let found = result
                _ = await start.value
                result = await Self.stop(entry.lifecycle, ladder, cascade: cascade, onlyOwned: onlyOwned)
                if case .success(let first) = found, first.wasRunning, case .success(let second) = result, !second.wasRunning {
                    result = found
                }
            }
            stopped(id, entry.number, result)
            return result
        }
        update(id) { entry in
            entry.stop = stop
            entry.watching = nil
            return nil
        }
        return stop
    }

    private static func stop(
        _ lifecycle: DaemonLifecycle, _ ladder: StopLadder, cascade: Bool, onlyOwned: Bool
    ) async -> Result<StopReceipt, LifecycleError> {
        do throws(LifecycleError) {
            if onlyOwned {
                let row = try await lifecycle.status()
                guard row.owned || !row.state.isRunning else { return .success(.notRunning(lifecycle.specification.id)) }
            }
            return .success(try await lifecycle.stop(ladder: ladder, cascade: cascade))
        } catch {
            return .failure(error)
        }
    }

    private func stopped(_ id: DaemonID, _ number: UInt64, _ result: Result<StopReceipt, LifecycleError>) {
        guard let entry = entries[id], entry.number == number else { return }
        switch result {
        case .success:
            forget(id, reason: nil)
        case .failure(let error):
            // What could not be stopped is not forgotten: people see it and why, until it is gone.
            update(id) { entry in
                entry.stop = nil
                entry.reason = error.message
                return entry.machine.handle(.stoppedOnPurpose, now: MonotonicClock.now, random: 0)
            }
            if let running = entry.running { watch(running, id) }
        }
    }

    // MARK: Telling

    /// All supervised daemons, as they are now.
    package func reports() -> [Report] {
        entries.keys.compactMap(report).sorted { $0.id.instance < $1.id.instance }
    }

    private func report(_ id: DaemonID) -> Report? {
        guard let entry = entries[id] else { return nil }
        let state: DaemonState =
            switch entry.machine.state {
            case _ where entry.stop != nil: .draining
            case .stopped: .stopped
            case .starting: .starting
            case .running: .ready
            case .backoff: .backoff
            case .failed: .failed
            }
        return Report(
            id: id, state: state, reason: entry.reason, since: entry.since, info: entry.running?.info, restarts: entry.restarts)
    }

    /// Changes an entry and tells what has changed of it.
    @discardableResult
    func update(_ id: DaemonID, _ change: (inout Entry) -> RestartMachine.Action?) -> RestartMachine.Action? {
        guard let before = report(id), var entry = entries[id] else { return nil }
        let action = change(&entry)
        entries[id] = entry
        guard let after = report(id), after != before else { return action }
        if after.state != before.state { entries[id]?.since = MonotonicClock.now }
        if let told = report(id) { onChange(told) }
        return action
    }

    /// Forgets a daemon that is gone for good, and tells it.
    func forget(_ id: DaemonID, reason: String?) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        entry.timer?.cancel()
        entry.watching?.cancel()
        entry.running?.child?.letGo()
        onChange(
            Report(id: id, state: .stopped, reason: reason, since: MonotonicClock.now, info: nil, restarts: entry.restarts))
    }
}
