package import DaemonContract
internal import EventLoop
internal import Platform

/// Keeps daemons running: starts them, notices how they end, and starts them again as ``RestartMachine`` decides.
///
/// A daemon that ends by its own decision, by its idle clock or because somebody asked, takes its record with it and is not started again.
package actor Supervisor {
    /// A supervised daemon, as it is now.
    package struct Report: Sendable, Hashable {
        package let id: DaemonID
        package let state: DaemonState
        package let reason: String?
        /// Since when it is in this state, in monotonic nanoseconds.
        package let since: UInt64
        package let info: DaemonInfo?
    }

    private struct Entry {
        let lifecycle: DaemonLifecycle
        var machine: RestartMachine
        var running: EnsureRun.Running?
        var watching: Task<Void, Never>?
        var timer: EventLoop.Timer?
        var reason: String?
        var since: UInt64
        /// Which life of the daemon news is about; older news is dropped.
        var life = 0
    }

    private let context: LifecycleContext
    private let policy: RestartMachine.Policy
    private let onChange: @Sendable (Report) -> Void
    private var entries: [DaemonID: Entry] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameter onChange: called on the loop after every change of state, with its cause.
    package init(
        context: LifecycleContext, policy: RestartMachine.Policy = .init(), onChange: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.context = context
        self.policy = policy
        self.onChange = onChange
    }

    /// Starts a daemon, or finds it running, and keeps it from then on.
    ///
    /// The first start is answered with its own error; only a daemon that has been ready is started again by itself.
    package func want(_ specification: DaemonSpecification) async throws(LifecycleError) -> DaemonInfo {
        let id = specification.id
        if entries[id] == nil { entries[id] = makeEntry(specification) }
        _ = entries[id]?.machine.handle(.wanted, now: MonotonicClock.now, random: 0)
        guard let lifecycle = entries[id]?.lifecycle else {
            throw LifecycleError(.inconsistent, "\(id) was forgotten", daemon: id.description)
        }
        do throws(LifecycleError) {
            let running = try await lifecycle.running()
            became(running, id)
            return running.info
        } catch {
            _ = entries[id]?.machine.handle(.stoppedOnPurpose, now: MonotonicClock.now, random: 0)
            entries[id]?.reason = error.message
            changed(id)
            throw error
        }
    }

    /// Takes charge of the daemons of this owner that a predecessor started and that still run.
    ///
    /// - Parameter specify: how a daemon would be started again; nil for one that is none of ours.
    package func adopt(_ specify: @Sendable (DaemonStatusRow) async -> DaemonSpecification?) async throws(LifecycleError) {
        for row in try await DaemonDirectory(home: context.home, loop: context.loop).list(owner: context.owner) {
            guard row.owned, row.state.isRunning, row.state != .draining, let specification = await specify(row),
                entries[specification.id] == nil
            else { continue }
            entries[specification.id] = makeEntry(specification)
            guard let lifecycle = entries[specification.id]?.lifecycle, try await lifecycle.find() != nil else { continue }
            _ = entries[specification.id]?.machine.handle(.adopted, now: MonotonicClock.now, random: 0)
            became(try await lifecycle.running(), specification.id)
        }
    }

    /// Stops a daemon for good, with all that belongs to it.
    package func stop(_ id: DaemonID, grace: Duration? = nil, cascade: Bool = true) async throws(LifecycleError) -> StopReceipt {
        guard let entry = entries[id] else {
            let specification = DaemonSpecification(id: id)
            return try await DaemonLifecycle(specification, context: context).stop(grace: grace, cascade: cascade)
        }
        _ = entries[id]?.machine.handle(.stoppedOnPurpose, now: MonotonicClock.now, random: 0)
        entries[id]?.life += 1
        entries[id]?.timer?.cancel()
        entries[id]?.watching?.cancel()
        let receipt = try await entry.lifecycle.stop(grace: grace, cascade: cascade)
        entries[id]?.running?.child?.letGo()
        entries[id]?.running = nil
        changed(id)
        entries[id] = nil
        return receipt
    }

    /// Stops all, last started first.
    package func stopAll(grace: Duration? = nil) async {
        let ids = entries.sorted { $0.value.since > $1.value.since }.map(\.key)
        await withTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { _ = try? await self.stop(id, grace: grace) } }
        }
    }

    /// Ends the supervision and leaves the daemons as they are.
    package func leave() {
        for id in entries.keys {
            entries[id]?.timer?.cancel()
            entries[id]?.watching?.cancel()
            entries[id]?.running?.child?.letGo()
        }
        entries.removeAll()
    }

    /// All supervised daemons, as they are now.
    package func reports() -> [Report] {
        entries.keys.compactMap(report).sorted { $0.id.instance < $1.id.instance }
    }

    // MARK: Lives and ends

    private func makeEntry(_ specification: DaemonSpecification) -> Entry {
        Entry(
            lifecycle: DaemonLifecycle(specification, context: context), machine: RestartMachine(policy: policy), since: MonotonicClock.now)
    }

    private func became(_ running: EnsureRun.Running, _ id: DaemonID) {
        guard let entry = entries[id] else {
            running.child?.letGo()
            return
        }
        // Several callers may have waited for the same start.
        if entry.running?.info.nonce == running.info.nonce, entry.watching != nil { return }
        entry.watching?.cancel()
        _ = entries[id]?.machine.handle(.started, now: MonotonicClock.now, random: 0)
        entries[id]?.life += 1
        entries[id]?.running = running
        entries[id]?.reason = nil
        entries[id]?.since = MonotonicClock.now
        let life = entries[id]?.life ?? 0
        entries[id]?.watching = Task { [weak self, context] in
            guard let reason = await Self.end(of: running.info, id: id, context: context) else { return }
            await self?.ended(id, life: life, reason)
        }
        changed(id)
    }

    /// How a daemon's life went on.
    private enum End: Sendable {
        case onPurpose
        case failure(String)
    }

    /// Waits for the end of a daemon; nil when the wait was cancelled.
    private static func end(of info: DaemonInfo, id: DaemonID, context: LifecycleContext) async -> End? {
        if let watch = try? ProcessWatch.open(pid: info.pid), let files = try? DaemonFiles.open(id, home: context.home, create: false),
            case .held(let line?, _, _) = try? files.look(), line.nonce.text == info.nonce
        {
            guard await context.loop.isReadable(watch.descriptor, within: .seconds(10 * 365 * 86_400)) else { return nil }
            // The shepherd holds the lock until it has written down how the daemon ended.
            for _ in 0..<200 {
                guard case .held(let now?, _, _) = try? files.look(), now.nonce.text == info.nonce else { break }
                try? await context.loop.sleep(for: .milliseconds(5))
            }
        }
        guard let files = try? DaemonFiles.open(id, home: context.home, create: false),
            case .free(let last, let record) = try? files.look(),
            record?.nonce == info.nonce
        else { return .onPurpose }
        let how = last.flatMap { $0.nonce == info.nonce ? $0.processEnd?.description : nil }
        return .failure(how ?? "ended without saying so")
    }

    private func ended(_ id: DaemonID, life: Int, _ end: End) {
        guard entries[id]?.life == life else { return }
        entries[id]?.running?.child?.letGo()
        entries[id]?.running = nil
        entries[id]?.watching = nil
        entries[id]?.since = MonotonicClock.now
        switch end {
        case .onPurpose:
            _ = entries[id]?.machine.handle(.stoppedOnPurpose, now: MonotonicClock.now, random: 0)
            entries[id]?.reason = "it ended by itself or was stopped"
            changed(id)
        case .failure(let reason):
            apply(.ended(reason: reason), reason, id)
        }
    }

    private func apply(_ event: RestartMachine.Event, _ reason: String?, _ id: DaemonID) {
        entries[id]?.reason = reason
        let action = entries[id]?.machine.handle(event, now: MonotonicClock.now, random: .random(in: -1...1))
        changed(id)
        switch action {
        case .start?:
            Task { await self.startAgain(id) }
        case .setTimer(let at)?:
            let delay = Duration.nanoseconds(Int64(clamping: at &- min(at, MonotonicClock.now)))
            entries[id]?.timer = context.loop.schedule(after: delay) { [weak self] in
                Task { await self?.timerDue(id) }
            }
        case .giveUp?, nil:
            break
        }
    }

    private func timerDue(_ id: DaemonID) {
        apply(.timerDue, entries[id]?.reason, id)
    }

    private func startAgain(_ id: DaemonID) async {
        guard let entry = entries[id] else { return }
        let life = entry.life
        do throws(LifecycleError) {
            let running = try await entry.lifecycle.running()
            guard entries[id]?.life == life else { return }
            became(running, id)
        } catch {
            guard entries[id]?.life == life else { return }
            apply(.ended(reason: error.message), error.message, id)
        }
    }

    // MARK: Telling

    private func report(_ id: DaemonID) -> Report? {
        guard let entry = entries[id] else { return nil }
        let state: DaemonState =
            switch entry.machine.state {
            case .stopped: .stopped
            case .starting: .starting
            case .running: .ready
            case .backoff: .backoff
            case .failed: .failed
            }
        return Report(id: id, state: state, reason: entry.reason, since: entry.since, info: entry.running?.info)
    }

    private func changed(_ id: DaemonID) {
        if let report = report(id) { onChange(report) }
    }
}
