import DaemonRuntime

/// What the steps do, and what must hold after each.
extension DaemonWorld {
    func take(_ step: Step, in state: inout State) -> String? {
        switch step {
        case .tick: return tick(&state)
        case .up:
            _ = tell(.workEnded, &state)
            use(&state)
            return perform(.started, &state)
        case .request(let client):
            return work(client, &state) { $0.clients[client] = .working }
        case .done(let client):
            state.clients[client] = .idle
            use(&state)
            if wrong.contains(.countsTheBeginning) { return nil }
            return same(tell(.workEnded, &state), .accepted, state)
        case .ping(let client):
            return asks(.pinged, client, &state)
        case .look:
            if wrong.contains(.lookingRenews) { _ = tell(.pinged, &state) }
            return nil
        case .setTTL(let ttl):
            return asks(.ttlSet(ttl), nil, &state)
        case .takeLease, .renewLease, .releaseLease, .hold, .letGo: return lease(step, &state)
        case .idleTimer: return idleTimer(&state)
        case .actOnExpiry:
            state.expiryIsPending = false
            return perform(.idleExpired, &state)
        case .end(let event):
            if case .signal = event { state.truth.signals += 1 }
            return perform(event, &state)
        case .drainTimer:
            state.isDrainTimerEarly = state.drainTimer != state.now
            state.drainTimer = nil
            if wrong.contains(.waitsForEver) { return nil }
            return perform(.deadlineReached, &state)
        case .quiet:
            state.isFinishing = false
            return perform(.inFlightFinished, &state)
        case .closed:
            state.isClosing = false
            return perform(.serviceClosed, &state)
        }
    }

    private func tick(_ state: inout State) -> String? {
        state.now += 1
        state.isDrainTimerEarly = false
        for client in state.clients.indices where state.truth.leases[client].map({ $0 <= state.now }) ?? false {
            state.truth.lastUse = max(state.truth.lastUse, state.truth.leases[client] ?? 0)
            state.truth.leases[client] = nil
        }
        if state.truth.isEnding, state.now > state.truth.beganToEnd + state.truth.longest {
            return "a drain goes on after all its deadlines"
        }
        return nil
    }

    // MARK: Use

    private func use(_ state: inout State) { state.truth.lastUse = state.now }

    private func isInUse(_ state: State) -> Bool {
        state.clients.contains(.working) || state.truth.holds.contains(true) || state.truth.leases.contains { $0 != nil }
            || state.drain.state == .starting
    }

    /// A route that uses the daemon.
    private func work(_ client: Int, _ state: inout State, _ begun: (inout State) -> Void) -> String? {
        guard state.phase == .serving || state.expiryIsPending else {
            state.clients[client] = .refused
            return state.truth.isEnding ? nil : "a request was refused by a daemon that serves"
        }
        switch tell(.workBegan, &state) {
        case .accepted:
            begun(&state)
            use(&state)
            if wrong.contains(.countsTheBeginning) { _ = tell(.workEnded, &state) }
            return state.truth.isEnding || state.truth.hasExpired ? "a request was taken by a daemon that is ending" : nil
        case .refused(.ending) where wrong.contains(.expiresInTwoSteps):
            begun(&state)
            return state.truth.hasExpired ? "a request was taken by a daemon that is ending" : nil
        case .refused(.ending):
            state.clients[client] = .refused
            return state.truth.isEnding ? nil : "a request was refused by a daemon that serves"
        case .lease, .expired, .refused: return "work came to something else"
        }
    }

    /// A route that does no more than tell the lifetime something.
    private func asks(_ event: LifetimeMachine.Event, _ client: Int?, _ state: inout State) -> String? {
        guard state.phase == .serving else {
            if let client { state.clients[client] = .refused }
            return state.truth.isEnding ? nil : "a request was refused by a daemon that serves"
        }
        switch tell(event, &state) {
        case .accepted, .lease:
            use(&state)
            return state.truth.isEnding ? "a daemon that is ending was renewed" : nil
        case .refused(.ending):
            if let client { state.clients[client] = .refused }
            return state.truth.isEnding ? nil : "a request was refused by a daemon that serves"
        case .refused(let why): return "a request was refused: \(why)"
        case .expired: return "a request made the daemon expire"
        }
    }

    private func lease(_ step: Step, _ state: inout State) -> String? {
        let names = ["a", "b", "c"]
        switch step {
        case .takeLease(let client):
            let law = asks(.leaseTaken(id: names[client], holder: "h", duration: Self.leaseSpan), client, &state)
            if !state.truth.isEnding { state.truth.leases[client] = state.now + Self.leaseSpan }
            return law
        case .renewLease(let client):
            let law = asks(.leaseRenewed(id: names[client], duration: nil), client, &state)
            if !state.truth.isEnding { state.truth.leases[client] = state.now + Self.leaseSpan }
            return law
        case .releaseLease(let client):
            state.truth.leases[client] = nil
            if state.phase == .serving { use(&state) }
            return state.phase == .serving ? same(tell(.leaseReleased(id: names[client]), &state), .accepted, state) : nil
        case .hold(let client):
            let law = asks(.leaseHeld(id: names[client], holder: "h", connection: UInt64(client)), client, &state)
            if !state.truth.isEnding { state.truth.holds[client] = true }
            return law
        case .letGo(let client):
            state.truth.holds[client] = false
            if !state.truth.isEnding { use(&state) }
            return same(tell(.connectionClosed(UInt64(client)), &state), .accepted, state)
        default: return nil
        }
    }

    private func same(_ outcome: LifetimeMachine.Outcome, _ expected: LifetimeMachine.Outcome, _ state: State) -> String? {
        outcome == expected ? nil : "\(outcome) instead of \(expected)"
    }

    // MARK: The lifetime's shell

    func tell(_ event: LifetimeMachine.Event, _ state: inout State) -> LifetimeMachine.Outcome {
        let outcome = state.lifetime.handle(event, at: Monotonic(nanoseconds: state.now))
        arm(&state)
        return outcome
    }

    private func arm(_ state: inout State) {
        guard let deadline = state.lifetime.deadline?.nanoseconds else { return }
        if let timer = state.idleTimer, timer <= deadline { return }
        state.idleTimer = deadline
    }

    private func idleTimer(_ state: inout State) -> String? {
        state.idleTimer = nil
        let truth = state.truth
        let isDue = !isInUse(state) && state.lifetime.ttl > 0 && truth.lastUse + state.lifetime.ttl <= state.now
        let outcome = state.lifetime.handle(.deadlineReached, at: Monotonic(nanoseconds: state.now))
        guard outcome == .expired else {
            if !wrong.contains(.forgetsTheTimer) { arm(&state) }
            if isDue, !truth.isEnding { return "a daemon stays that was not used for its whole TTL" }
            let isWatched = state.idleTimer != nil || state.lifetime.deadline == nil
            return isWatched || truth.isEnding ? nil : "nobody will notice any more that the daemon is idle"
        }
        if !isDue { return "the daemon expires \(isInUse(state) ? "while it is used" : "too early")" }
        state.truth.hasExpired = true
        if wrong.contains(.expiresInTwoSteps) {
            state.expiryIsPending = true
            return nil
        }
        return perform(.idleExpired, &state)
    }

    // MARK: The drain's shell

    private func perform(_ event: DrainMachine.Event, _ state: inout State) -> String? {
        let wasEnding = state.drain.isDraining
        for action in state.drain.handle(event, at: Monotonic(nanoseconds: state.now)) {
            if let law = perform(action, &state) { return law }
        }
        if !wasEnding, state.drain.isDraining {
            state.truth.isEnding = true
            state.truth.beganToEnd = state.now
            // The longest grace, and what the service has for closing.
            state.truth.longest = 2 + 1
        }
        if state.truth.signals == 2, state.exits == 0 { return "a second signal did not end the daemon" }
        if state.drain.isDraining, state.exits == 0, state.drainTimer == nil, !wrong.contains(.waitsForEver) {
            return "a drain has no deadline"
        }
        return nil
    }

    private func perform(_ action: DrainMachine.Action, _ state: inout State) -> String? {
        if state.exits > 0 { return "something is done after the exit" }
        switch action {
        case .announceReady: state.phase = .serving
        case .announceStopping: _ = tell(.drained, &state)
        case .refuseRequests: state.phase = .draining
        case .finishInFlight: state.isFinishing = true
        case .abandonInFlight: state.isAbandoned = true
        case .closeService:
            if state.clients.contains(.working), !state.isAbandoned { return "the service is closed under a request" }
            state.isClosing = true
        case .armDeadline(let moment): state.drainTimer = moment.nanoseconds
        case .exit:
            state.exits += 1
            let isCut = state.clients.contains(.working) && !state.isAbandoned && state.truth.signals < 2
            return isCut ? "the daemon is gone under a request" : nil
        case .recordDraining, .cancelStart, .stopListening, .unlinkSockets: break
        }
        return nil
    }
}
