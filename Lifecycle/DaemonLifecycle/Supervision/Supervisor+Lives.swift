internal import DaemonContract
internal import EventLoop
internal import Platform

/// How the lives of a supervised daemon begin and end.
extension Supervisor {
    /// Begins a start, or a look whether it runs, that all who ask meanwhile share. It goes on whoever stops waiting for it.
    func start(
        _ id: DaemonID, _ number: UInt64, _ lifecycle: DaemonLifecycle
    ) -> Task<Result<EnsureRun.Running, LifecycleError>, Never> {
        entries[id]?.timer?.cancel()
        let start = Task {
            do throws(LifecycleError) {
                return came(id, number, .success(try await lifecycle.running()))
            } catch {
                return came(id, number, .failure(error))
            }
        }
        entries[id]?.start = start
        return start
    }

    /// Notes what came of a start.
    private func came(
        _ id: DaemonID, _ number: UInt64, _ result: Result<EnsureRun.Running, LifecycleError>
    ) -> Result<EnsureRun.Running, LifecycleError> {
        // Without its entry it was left to whoever comes next.
        guard let entry = entries[id], entry.number == number else { return result }
        entries[id]?.start = nil
        guard entry.stop == nil else {
            // The stop under way ends this too.
            guard case .success = result else { return result }
            return .failure(LifecycleError(.cancelled, "\(id) was stopped while it started", daemon: id.description))
        }
        switch result {
        case .success(let running):
            became(running, id)
        case .failure(let error) where !entry.wasReady:
            forget(id, reason: error.message)
        case .failure(let error):
            if let givenUp = entry.givenUp {
                update(id) { entry in
                    entry.machine = givenUp
                    entry.givenUp = nil
                    entry.reason = error.message
                    return nil
                }
            } else {
                apply(.ended(reason: error.message), error.message, id)
            }
        }
        return result
    }

    /// Notes that a daemon is ready, and watches for its end.
    func became(_ running: EnsureRun.Running, _ id: DaemonID) {
        guard let entry = entries[id] else { return }
        let now = MonotonicClock.now
        if let known = entry.running {
            if known.info.nonce == running.info.nonce { return }
            // Its end was found out by a start before the watch told of it.
            update(id) { entry in
                entry.restarts = restarts(of: entry, at: now) + 1
                _ = entry.machine.handle(.ended(reason: "ended"), now: now, random: 0)
                return nil
            }
            known.child?.letGo()
        }
        entry.watching?.cancel()
        entry.timer?.cancel()
        update(id) { entry in
            entry.running = running
            entry.wasReady = true
            entry.givenUp = nil
            entry.reason = nil
            return entry.machine.handle(.adopted, now: now, random: 0)
        }
        watch(running, id)
    }

    func watch(_ running: EnsureRun.Running, _ id: DaemonID) {
        let info = running.info
        entries[id]?.watching = Task { [weak self, context] in
            guard let end = await DaemonEnd.of(info, id: id, context: context) else { return }
            await self?.ended(id, nonce: info.nonce, end)
        }
    }

    private func ended(_ id: DaemonID, nonce: String, _ end: DaemonEnd) {
        guard let entry = entries[id], entry.stop == nil, entry.running?.info.nonce == nonce else { return }
        entry.running?.child?.letGo()
        entries[id]?.watching = nil
        switch end {
        case .onPurpose(let reason):
            // A start under way finds it gone and starts it: somebody wants it.
            guard entry.start != nil else { return forget(id, reason: reason) }
            update(id) { entry in
                entry.running = nil
                return nil
            }
        case .failure(let reason):
            // One that survived a stop is wanted by nobody.
            if entry.machine.state == .stopped { return forget(id, reason: reason) }
            apply(.ended(reason: reason), reason, id)
        }
    }

    /// Tells the machine what happened, and does what it decides.
    private func apply(_ event: RestartMachine.Event, _ reason: String?, _ id: DaemonID) {
        let now = MonotonicClock.now
        let action = update(id) { entry in
            entry.running = nil
            entry.reason = reason
            let restarts = restarts(of: entry, at: now)
            let action = entry.machine.handle(event, now: now, random: .random(in: -1...1))
            entry.restarts = action == .start ? restarts + 1 : restarts
            return action
        }
        switch action {
        case .start?:
            // One that was asked for meanwhile counts as this one.
            guard let entry = entries[id], entry.start == nil, !isOver else { return }
            _ = start(id, entry.number, entry.lifecycle)
        case .setTimer(let at)?:
            let delay = Duration.nanoseconds(Int64(clamping: at &- min(at, now)))
            guard let number = entries[id]?.number else { return }
            entries[id]?.timer = context.loop.schedule(after: delay) { [weak self] in
                self?.assumeIsolated { $0.timerDue(id, number) }
            }
        case .giveUp?, nil:
            break
        }
    }

    private func timerDue(_ id: DaemonID, _ number: UInt64) {
        guard let entry = entries[id], entry.number == number, entry.start == nil, entry.stop == nil else { return }
        apply(.timerDue, entry.reason, id)
    }

    /// The restarts that still count: none once it has stayed healthy for long enough.
    private func restarts(of entry: Entry, at now: UInt64) -> Int {
        guard case .running(let since) = entry.machine.state, Duration.nanoseconds(Int64(clamping: now &- since)) >= policy.healthyAfter
        else { return entry.restarts }
        return 0
    }
}
