/// Decides when an unused daemon ends (law 9): events with their moment in, an outcome and the next deadline out.
///
/// - Work, pings and leases renew; looking is never reported here. A lease counts as use up to the moment it ends.
/// - Nothing expires while work is in flight or a lease is held. A TTL of 0 never expires.
/// - Deciding to expire and refusing whatever comes after are one step: the event that finds the daemon idle moves the machine to
///   `ended`, and the next request is refused.
package struct LifetimeMachine: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Serving. Can transition to `ended`.
        case alive
        /// Expired, or draining for another cause. Final.
        case ended
    }

    package enum Event: Hashable, Sendable {
        /// A request or job that uses the daemon began.
        case workBegan
        /// It ended.
        case workEnded
        /// A ping: used at this moment.
        case pinged
        /// Something the daemon owns was last used at this moment.
        case usedElsewhere(at: Monotonic)
        /// A lease for a duration was asked for. The identity was drawn by the caller.
        case leaseTaken(id: String, holder: String, duration: UInt64)
        /// A lease that lasts as long as a connection was asked for.
        case leaseHeld(id: String, holder: String, connection: UInt64)
        /// A lease is to last this long from now; `nil` repeats the duration it was taken with.
        case leaseRenewed(id: String, duration: UInt64?)
        /// Its holder gave it back.
        case leaseReleased(id: String)
        /// A connection is gone, with every lease that hangs on it.
        case connectionClosed(UInt64)
        /// The TTL is now this long, in nanoseconds; 0 never expires. Setting it counts as use.
        case ttlSet(UInt64)
        /// The deadline given last has come.
        case deadlineReached
        /// The daemon drains for another cause.
        case drained
    }

    /// What an event came to.
    package enum Outcome: Hashable, Sendable {
        /// Noted.
        case accepted
        /// The lease as it stands now.
        case lease(HeldLease)
        /// Idle for its whole TTL: the machine has ended, drain now.
        case expired
        case refused(Refusal)
    }

    package enum Refusal: Hashable, Sendable {
        /// The daemon is ending; whoever asks should start or find another one.
        case ending
        /// No lease of this name: never taken, released, or expired.
        case unknownLease
        /// As many leases as allowed are held.
        case tooManyLeases
        /// A duration of 0, or longer than allowed.
        case badDuration
        /// An empty holder, or one longer than allowed.
        case badHolder
    }

    /// Limits on leases, which come from outside.
    package struct Limits: Hashable, Sendable {
        /// Most leases at one time.
        package var leases = 1024
        /// Longest duration, in nanoseconds: a day.
        package var duration: UInt64 = 86_400 * 1_000_000_000
        /// Longest holder, in bytes.
        package var holder = 128

        package init() {}
    }

    package private(set) var state: State = .alive
    /// Idle time after which the daemon ends, in nanoseconds; 0 never.
    package private(set) var ttl: UInt64
    /// Requests and jobs that use the daemon right now.
    package private(set) var inFlight = 0

    private let limits: Limits
    /// Oldest first.
    private var leases: [HeldLease] = []
    private var lastUse: Monotonic
    private var latest: Monotonic

    /// - Parameters:
    ///   - ttl: nanoseconds; 0 never expires.
    ///   - now: the start of the daemon, which counts as use.
    package init(ttl: UInt64, now: Monotonic, limits: Limits = Limits()) {
        self.ttl = ttl
        self.limits = limits
        lastUse = now
        latest = now
    }

    /// Notes an event at a moment and says what it came to. A moment before the latest one counts as the latest.
    package mutating func handle(_ event: Event, at moment: Monotonic) -> Outcome {
        latest = max(latest, moment)
        dropExpiredLeases()
        switch state {
        case .alive: return handleAlive(event)
        case .ended: return handleEnded(event)
        }
    }

    /// When to call with `deadlineReached`; `nil` when nothing can expire as things stand.
    package var deadline: Monotonic? {
        guard state == .alive, ttl > 0, inFlight == 0 else { return nil }
        var end = lastUse.adding(ttl)
        for lease in leases {
            switch lease.term {
            case .connection: return nil
            case .until(let moment): end = max(end, moment.adding(ttl))
            }
        }
        return end
    }

    /// The last moment the daemon was used: now while work is in flight or a lease is held.
    package func lastUsed(at now: Monotonic) -> Monotonic {
        let isHeld = leases.contains { $0.remaining(at: now) != 0 }
        guard inFlight == 0, !isHeld else { return max(now, latest) }
        return leases.reduce(lastUse) { last, lease in
            if case .until(let end) = lease.term { max(last, end) } else { last }
        }
    }

    /// Nanoseconds until expiry if nothing happens; `nil` when it never comes as things stand.
    package func remaining(at now: Monotonic) -> UInt64? {
        deadline.map { $0.since(now) }
    }

    /// Leases held at a moment, oldest first.
    package func leases(at now: Monotonic) -> [HeldLease] {
        leases.filter { $0.remaining(at: now) != 0 }
    }

    private mutating func handleAlive(_ event: Event) -> Outcome {
        switch event {
        case .workBegan:
            inFlight += 1
            return used()
        case .workEnded:
            precondition(inFlight > 0, "workEnded without workBegan")
            inFlight -= 1
            return used()
        case .pinged:
            return used()
        case .usedElsewhere(let moment):
            lastUse = max(lastUse, min(moment, latest))
            return .accepted
        case .leaseTaken(let id, let holder, let duration):
            guard isAllowed(duration) else { return .refused(.badDuration) }
            return take(HeldLease(id: id, holder: holder, duration: duration, term: .until(latest.adding(duration))))
        case .leaseHeld(let id, let holder, let connection):
            return take(HeldLease(id: id, holder: holder, duration: 0, term: .connection(connection)))
        case .leaseRenewed(let id, let duration):
            return renew(id, duration)
        case .leaseReleased(let id):
            return remove { $0.id == id } ? used() : .refused(.unknownLease)
        case .connectionClosed(let connection):
            return remove { $0.term == .connection(connection) } ? used() : .accepted
        case .ttlSet(let span):
            ttl = span
            return used()
        case .deadlineReached:
            // Early, late or cancelled timers are permitted: only the present state decides.
            guard let deadline, deadline <= latest else { return .accepted }
            state = .ended
            return .expired
        case .drained:
            state = .ended
            return .accepted
        }
    }

    private mutating func handleEnded(_ event: Event) -> Outcome {
        switch event {
        case .workBegan, .pinged, .leaseTaken, .leaseHeld, .leaseRenewed, .ttlSet:
            return .refused(.ending)
        case .workEnded:
            precondition(inFlight > 0, "workEnded without workBegan")
            inFlight -= 1
            return .accepted
        case .leaseReleased(let id):
            return remove { $0.id == id } ? .accepted : .refused(.unknownLease)
        case .connectionClosed(let connection):
            _ = remove { $0.term == .connection(connection) }
            return .accepted
        case .usedElsewhere, .deadlineReached, .drained:
            return .accepted
        }
    }

    private mutating func used() -> Outcome {
        lastUse = latest
        return .accepted
    }

    private mutating func take(_ lease: HeldLease) -> Outcome {
        guard !lease.holder.isEmpty, lease.holder.utf8.count <= limits.holder else { return .refused(.badHolder) }
        guard leases.count < limits.leases else { return .refused(.tooManyLeases) }
        leases.append(lease)
        lastUse = latest
        return .lease(lease)
    }

    private mutating func renew(_ id: String, _ duration: UInt64?) -> Outcome {
        guard let index = leases.firstIndex(where: { $0.id == id }) else { return .refused(.unknownLease) }
        switch leases[index].term {
        case .connection:
            // Its connection renews it; asking is use and nothing more.
            break
        case .until:
            let duration = duration ?? leases[index].duration
            guard isAllowed(duration) else { return .refused(.badDuration) }
            leases[index].duration = duration
            leases[index].term = .until(latest.adding(duration))
        }
        lastUse = latest
        return .lease(leases[index])
    }

    private mutating func remove(_ isMeant: (HeldLease) -> Bool) -> Bool {
        let before = leases.count
        leases.removeAll(where: isMeant)
        return leases.count < before
    }

    private func isAllowed(_ duration: UInt64) -> Bool {
        duration > 0 && duration <= limits.duration
    }

    private mutating func dropExpiredLeases() {
        guard !leases.isEmpty else { return }
        leases.removeAll { lease in
            guard case .until(let end) = lease.term, end <= latest else { return false }
            lastUse = max(lastUse, end)
            return true
        }
    }
}
