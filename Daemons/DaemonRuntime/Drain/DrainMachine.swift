/// Decides how a daemon comes up and goes down: events with their moment in, actions in order out.
///
/// A drain finishes what is in flight, then lets the service close (and, with `cascade`, take down what it owns), then exits. The first
/// signal begins a drain or hurries the one under way; the second exits at once.
package struct DrainMachine: Hashable, Sendable {
    /// Why the daemon ends.
    package enum Cause: Hashable, Sendable {
        /// `POST /v1/shutdown`.
        case requested
        /// A signal of this number.
        case signal(Int32)
        /// Unused for its whole TTL.
        case idle
        /// Its lock file or socket was replaced and the other one is held: what lies there is not ours any more.
        case displaced
        /// The service did not come up; the daemon exits with this code.
        case startFailed(code: Int32)
        /// The service broke while it served; the daemon exits with this code.
        case failed(code: Int32)

        var isFailedStart: Bool {
            if case .startFailed = self { true } else { false }
        }
    }

    /// A drain under way.
    package struct Drain: Hashable, Sendable {
        package var cause: Cause
        /// Whether what the daemon owns goes down with it.
        package var cascade: Bool
        /// When the phase under way is cut short.
        package var deadline: Monotonic
        /// Signals received so far.
        package var signals: Int
    }

    package enum State: Hashable, Sendable {
        /// The service is coming up. Can transition to `serving`, `finishing` and `stopped`.
        case starting
        /// Ready. Can transition to `finishing` and `stopped`.
        case serving
        /// Refusing new requests, finishing those in flight. Can transition to `closing` and `stopped`.
        case finishing(Drain)
        /// The service is closing. Can transition to `stopped`.
        case closing(Drain)
        /// Exited, as far as this machine is concerned. Final.
        case stopped(code: Int32)
    }

    package enum Event: Hashable, Sendable {
        /// The service came up.
        case started
        /// The service did not come up.
        case startFailed(code: Int32)
        /// The service broke and cannot serve any more.
        case failed(code: Int32)
        /// Somebody asked for a shutdown. `grace` is in nanoseconds, `nil` the default.
        case requested(cascade: Bool, grace: UInt64?)
        /// SIGTERM or SIGINT.
        case signal(Int32)
        /// The lifetime machine expired.
        case idleExpired
        /// Another process holds what stands at our lock file's or socket's path.
        case displaced
        /// Nothing is in flight any more.
        case inFlightFinished
        /// The service has closed.
        case serviceClosed
        /// The deadline armed last has come.
        case deadlineReached
    }

    package enum Action: Hashable, Sendable {
        /// Write the record `ready` and tell whoever waits.
        case announceReady
        /// Write the record `draining`.
        case recordDraining
        /// Tell whoever watches that the daemon is stopping.
        case announceStopping
        /// Give up a start under way.
        case cancelStart
        /// Close the listeners.
        case stopListening
        /// Remove the daemon's own sockets from the run directory.
        case unlinkSockets
        /// Answer new requests with 503 from now on.
        case refuseRequests
        /// Report `inFlightFinished` once nothing is in flight.
        case finishInFlight
        /// Cancel the requests and jobs that did not finish in time.
        case abandonInFlight
        /// Close the service within a deadline and report `serviceClosed`.
        case closeService(cascade: Bool, until: Monotonic)
        /// Report `deadlineReached` at this moment; replaces the one armed before.
        case armDeadline(Monotonic)
        /// End the process with this code.
        case exit(code: Int32)
    }

    /// Spans of time, in nanoseconds.
    package struct Limits: Hashable, Sendable {
        /// Grace when nobody says otherwise: 10 s.
        package var grace: UInt64 = 10 * 1_000_000_000
        /// Longest grace somebody may ask for: an hour.
        package var longestGrace: UInt64 = 3600 * 1_000_000_000
        /// What is left of a drain under way at the first signal: 2 s, since a stop sends SIGKILL 3 s after SIGTERM.
        package var hurry: UInt64 = 2 * 1_000_000_000
        /// What the service has for closing at the least, even when requests used up the grace: 2 s.
        package var closing: UInt64 = 2 * 1_000_000_000

        package init() {}
    }

    package private(set) var state: State = .starting
    private let limits: Limits

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether a drain is under way or over: new work is refused.
    package var isDraining: Bool {
        switch state {
        case .starting, .serving: false
        case .finishing, .closing, .stopped: true
        }
    }

    /// Why the daemon ends; `nil` while it does not, and after it has.
    package var cause: Cause? {
        switch state {
        case .starting, .serving, .stopped: nil
        case .finishing(let drain), .closing(let drain): drain.cause
        }
    }

    /// Notes an event at a moment and returns what to do, in order.
    package mutating func handle(_ event: Event, at now: Monotonic) -> [Action] {
        switch state {
        case .starting: handleStarting(event, now)
        case .serving: handleServing(event, now)
        case .finishing(let drain): handleFinishing(event, drain, now)
        case .closing(let drain): handleClosing(event, drain, now)
        // Everything is permitted to arrive late; nothing matters any more.
        case .stopped: []
        }
    }

    private mutating func handleStarting(_ event: Event, _ now: Monotonic) -> [Action] {
        switch event {
        case .started:
            state = .serving
            return [.announceReady]
        case .startFailed(let code):
            return begin(.startFailed(code: code), cascade: false, grace: limits.closing, now)
        case .failed(let code):
            return begin(.failed(code: code), cascade: false, grace: limits.closing, now)
        case .requested(let cascade, let grace):
            return begin(.requested, cascade: cascade, grace: grace, now)
        case .signal(let number):
            return begin(.signal(number), cascade: true, grace: nil, now)
        case .idleExpired:
            return begin(.idle, cascade: true, grace: nil, now)
        case .displaced:
            return begin(.displaced, cascade: false, grace: nil, now)
        case .inFlightFinished, .serviceClosed, .deadlineReached:
            return []
        }
    }

    private mutating func handleServing(_ event: Event, _ now: Monotonic) -> [Action] {
        switch event {
        case .requested(let cascade, let grace):
            return begin(.requested, cascade: cascade, grace: grace, now)
        case .signal(let number):
            return begin(.signal(number), cascade: true, grace: nil, now)
        case .idleExpired:
            return begin(.idle, cascade: true, grace: nil, now)
        case .displaced:
            return begin(.displaced, cascade: false, grace: nil, now)
        case .failed(let code):
            // What is in flight has nothing to wait for.
            return begin(.failed(code: code), cascade: false, grace: limits.closing, now)
        case .started, .startFailed, .inFlightFinished, .serviceClosed, .deadlineReached:
            return []
        }
    }

    private mutating func handleFinishing(_ event: Event, _ drain: Drain, _ now: Monotonic) -> [Action] {
        var drain = drain
        switch event {
        case .inFlightFinished:
            return close(drain, abandoning: false, now)
        case .deadlineReached:
            guard drain.deadline <= now else { return tooEarly(drain) }
            return close(drain, abandoning: true, now)
        case .requested(let cascade, let grace):
            // Another request may ask for more to go down, and sooner; never for less, and never later.
            drain.cascade = drain.cascade || (cascade && drain.cause != .displaced)
            return shorten(&drain, to: now.adding(clamped(grace))) { .finishing($0) }
        case .signal(let number):
            guard drain.signals == 0 else { return exitNow(on: number) }
            drain.signals = 1
            return shorten(&drain, to: now.adding(limits.hurry)) { .finishing($0) }
        case .displaced:
            // Whoever holds the lock now adopts what we own.
            drain.cascade = false
            state = .finishing(drain)
            return []
        case .started, .startFailed, .failed, .idleExpired, .serviceClosed:
            return []
        }
    }

    private mutating func handleClosing(_ event: Event, _ drain: Drain, _ now: Monotonic) -> [Action] {
        var drain = drain
        switch event {
        case .serviceClosed:
            return stop(exitCode(of: drain))
        case .deadlineReached:
            guard drain.deadline <= now else { return tooEarly(drain) }
            // What it owns may be left behind: not a success.
            let code = exitCode(of: drain)
            return stop(code == 0 ? 1 : code)
        case .signal(let number):
            guard drain.signals == 0 else { return exitNow(on: number) }
            drain.signals = 1
            return shorten(&drain, to: now.adding(limits.hurry)) { .closing($0) }
        case .requested(_, let grace):
            return shorten(&drain, to: now.adding(clamped(grace))) { .closing($0) }
        case .started, .startFailed, .failed, .idleExpired, .displaced, .inFlightFinished:
            return []
        }
    }

    private mutating func begin(_ cause: Cause, cascade: Bool, grace: UInt64?, _ now: Monotonic) -> [Action] {
        let wasStarting = state == .starting
        var signals = 0
        if case .signal = cause { signals = 1 }
        let deadline = now.adding(clamped(grace))
        state = .finishing(Drain(cause: cause, cascade: cascade, deadline: deadline, signals: signals))

        var actions: [Action] = []
        // The record and the sockets of one who was displaced belong to the other: it removes and writes nothing. The record of one that did
        // not come up goes on saying that it starts: by that those who waited for it know a failed start.
        if cause != .displaced, !cause.isFailedStart { actions.append(.recordDraining) }
        actions.append(.announceStopping)
        actions.append(.stopListening)
        if cause != .displaced { actions.append(.unlinkSockets) }
        actions.append(.refuseRequests)
        if wasStarting { actions.append(.cancelStart) }
        actions.append(.armDeadline(deadline))
        actions.append(.finishInFlight)
        return actions
    }

    private mutating func close(_ drain: Drain, abandoning: Bool, _ now: Monotonic) -> [Action] {
        var drain = drain
        drain.deadline = max(drain.deadline, now.adding(limits.closing))
        state = .closing(drain)
        let close: [Action] = [.armDeadline(drain.deadline), .closeService(cascade: drain.cascade, until: drain.deadline)]
        return abandoning ? [.abandonInFlight] + close : close
    }

    private mutating func shorten(_ drain: inout Drain, to deadline: Monotonic, _ next: (Drain) -> State) -> [Action] {
        let isSooner = deadline < drain.deadline
        if isSooner { drain.deadline = deadline }
        state = next(drain)
        return isSooner ? [.armDeadline(deadline)] : []
    }

    /// A timer that was replaced by a later one may still fire, and one that fires a moment too soon is not there any more.
    private func tooEarly(_ drain: Drain) -> [Action] {
        [.armDeadline(drain.deadline)]
    }

    private mutating func exitNow(on signal: Int32) -> [Action] {
        stop(128 &+ signal)
    }

    private mutating func stop(_ code: Int32) -> [Action] {
        state = .stopped(code: code)
        return [.exit(code: code)]
    }

    private func clamped(_ grace: UInt64?) -> UInt64 {
        min(grace ?? limits.grace, limits.longestGrace)
    }

    private func exitCode(of drain: Drain) -> Int32 {
        switch drain.cause {
        case .startFailed(let code), .failed(let code): code
        case .requested, .signal, .idle, .displaced: 0
        }
    }
}

extension DrainMachine.Cause: CustomStringConvertible {
    /// Why, for people.
    package var description: String {
        switch self {
        case .requested: "a shutdown was asked for"
        case .signal(let number): "signal \(number)"
        case .idle: "unused for its whole time to live"
        case .displaced: "another process stands in its place"
        case .startFailed: "the start failed"
        case .failed: "the service broke"
        }
    }
}
