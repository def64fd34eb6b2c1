package import DaemonContract
package import EventLoop
internal import FoundationEssentials
internal import Synchronization

/// Keeps a daemon alive while it is used, and says once when it was not used for its whole TTL.
///
/// The shell around ``LifetimeMachine``: it has the clock and one timer. Any thread may call it.
package final class Lifetime: Sendable {
    private struct State {
        var machine: LifetimeMachine
        var timer: EventLoop.Timer?
        /// When the timer fires; it is not set anew for each use, only when it would come too late.
        var firesAt: Monotonic?
        var connections: UInt64 = 0
        var onExpiry: (@Sendable () -> Void)?
    }

    private let loop: EventLoop
    private let state: Mutex<State>

    /// Begins a lifetime now.
    ///
    /// - Parameter ttl: how long the daemon stays without being used; zero for ever.
    package init(ttl: Duration, loop: EventLoop, limits: LifetimeMachine.Limits = .init()) {
        self.loop = loop
        state = Mutex(State(machine: LifetimeMachine(ttl: ttl.clampedNanoseconds, now: .now(), limits: limits)))
    }

    /// From now on `expired` is called, once, on the loop, when the daemon was idle for its whole TTL. New work is refused already then.
    func onExpiry(_ expired: @escaping @Sendable () -> Void) {
        state.withLock { $0.onExpiry = expired }
        handle(.usedElsewhere(at: Monotonic(nanoseconds: 0)))
    }

    /// Begins work that uses the daemon; it ends when the value does.
    ///
    /// - Returns: `nil` when the daemon is ending and takes no more.
    package func beginWork() -> Work? {
        guard case .accepted = handle(.workBegan) else { return nil }
        return Work(self)
    }

    /// Notes that the daemon is used at this moment.
    ///
    /// - Returns: whether it goes on living; `false` when it is ending.
    @discardableResult
    package func use() -> Bool {
        handle(.pinged) == .accepted
    }

    /// Notes that something the daemon owns was last used at a moment: an owner is as recently used as what it owns.
    package func use(at moment: Monotonic) {
        handle(.usedElsewhere(at: moment))
    }

    /// The same for a moment so long ago.
    package func use(ago span: Duration) {
        let now = Monotonic.now()
        handle(.usedElsewhere(at: Monotonic(nanoseconds: now.nanoseconds - min(now.nanoseconds, span.clampedNanoseconds))))
    }

    /// The last moment the daemon was used; now while it is.
    package var lastUsed: Monotonic {
        state.withLock { $0.machine.lastUsed(at: .now()) }
    }

    /// Requests and jobs that use the daemon now.
    package var inFlight: Int {
        state.withLock { $0.machine.inFlight }
    }

    /// How long it stays without being used; zero for ever.
    package var ttl: Duration {
        get { .nanoseconds(clamping: state.withLock { $0.machine.ttl }) }
        set { handle(.ttlSet(newValue.clampedNanoseconds)) }
    }

    /// How much is left of that; `nil` while something keeps it, or when it stays for ever.
    package var remaining: Duration? {
        state.withLock { $0.machine.remaining(at: .now()) }.map { .nanoseconds(clamping: $0) }
    }

    /// The leases held now, oldest first.
    package var leases: [Lease] {
        let now = Monotonic.now()
        return state.withLock { $0.machine.leases(at: now) }.map { Self.wire($0, now) }
    }

    /// Takes a lease for a duration.
    package func takeLease(holder: String, duration: Duration) throws(LifetimeMachine.Refusal) -> Lease {
        try lease(.leaseTaken(id: Self.newID(), holder: holder, duration: duration.clampedNanoseconds))
    }

    /// Takes a lease that is held as long as the value returned lives.
    package func holdLease(holder: String) throws(LifetimeMachine.Refusal) -> (Lease, Hold) {
        let connection = state.withLock { state in
            state.connections += 1
            return state.connections
        }
        let lease = try lease(.leaseHeld(id: Self.newID(), holder: holder, connection: connection))
        return (lease, Hold(self, connection))
    }

    /// Renews a lease, for its own duration unless another is named.
    package func renewLease(_ id: String, duration: Duration?) throws(LifetimeMachine.Refusal) -> Lease {
        try lease(.leaseRenewed(id: id, duration: duration?.clampedNanoseconds))
    }

    /// Gives a lease back.
    package func releaseLease(_ id: String) throws(LifetimeMachine.Refusal) {
        if case .refused(let refusal) = handle(.leaseReleased(id: id)) { throw refusal }
    }

    /// The daemon drains for another cause: nothing new is taken, nothing expires.
    func drain() {
        handle(.drained)
    }

    private func lease(_ event: LifetimeMachine.Event) throws(LifetimeMachine.Refusal) -> Lease {
        switch handle(event) {
        case .lease(let lease): return Self.wire(lease, .now())
        case .refused(let refusal): throw refusal
        case .accepted, .expired:
            preconditionFailure("\(event) came to no lease")  // the machine answers the three wishes for a lease with one, or a refusal
        }
    }

    @discardableResult
    fileprivate func handle(_ event: LifetimeMachine.Event) -> LifetimeMachine.Outcome {
        state.withLock { state in
            let outcome = state.machine.handle(event, at: .now())
            arm(&state)
            return outcome
        }
    }

    private func arm(_ state: inout State) {
        guard state.onExpiry != nil, let deadline = state.machine.deadline else { return }
        if let firesAt = state.firesAt, firesAt <= deadline { return }
        state.timer?.cancel()
        state.firesAt = deadline
        let delay = Duration.nanoseconds(clamping: deadline.since(.now()))
        state.timer = loop.schedule(after: delay) { [weak self] in self?.timerFired() }
    }

    private func timerFired() {
        let expired = state.withLock { state in
            state.firesAt = nil
            state.timer = nil
            guard state.machine.handle(.deadlineReached, at: .now()) == .expired else {
                arm(&state)
                return nil as (@Sendable () -> Void)?
            }
            return state.onExpiry
        }
        expired?()
    }

    private static func newID() -> String {
        "lease-\(UUID().uuidString.lowercased())"
    }

    private static func wire(_ lease: HeldLease, _ now: Monotonic) -> Lease {
        var wire = Lease(
            id: lease.id, holder: lease.holder, durationSecs: Double(lease.duration) / 1e9,
            expiresInSecs: Double(lease.remaining(at: now) ?? 0) / 1e9)
        if case .connection = lease.term { wire.held = true }
        return wire
    }
}

extension Lifetime {
    /// A request or job that uses the daemon, until it is ended or this value goes.
    package final class Work: Sendable {
        private let lifetime: Lifetime
        private let ended = Atomic<Bool>(false)

        fileprivate init(_ lifetime: Lifetime) {
            self.lifetime = lifetime
        }

        deinit {
            end()
        }

        /// The work is done. Later calls do nothing.
        package func end() {
            if !ended.exchange(true, ordering: .relaxed) { lifetime.handle(.workEnded) }
        }
    }

    /// A lease that is held until it is released or this value goes.
    package final class Hold: Sendable {
        private let lifetime: Lifetime
        private let connection: UInt64

        fileprivate init(_ lifetime: Lifetime, _ connection: UInt64) {
            self.lifetime = lifetime
            self.connection = connection
        }

        deinit {
            release()
        }

        /// Gives the lease back. Later calls do nothing.
        package func release() {
            lifetime.handle(.connectionClosed(connection))
        }
    }
}

extension LifetimeMachine.Refusal: Error {}
