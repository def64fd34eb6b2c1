import DaemonRuntime

/// A drain that meets every event in every state, at moments of all kinds: one exit, nothing after it, and everything in its order.
struct DrainEvents: Model {
    struct State: Hashable {
        var machine: DrainMachine
        var now: UInt64 = 0
        var hasStoppedListening = false
        var finishes = 0
        var closes = 0
        var exits = 0
    }

    static let horizon: UInt64 = 6
    private let events: [DrainMachine.Event] = [
        .started, .startFailed(code: 70), .failed(code: 71), .requested(cascade: true, grace: nil), .requested(cascade: false, grace: 1),
        .signal(15), .idleExpired, .displaced, .inFlightFinished, .serviceClosed, .deadlineReached,
    ]

    var beginnings: [State] {
        var limits = DrainMachine.Limits()
        (limits.grace, limits.longestGrace, limits.hurry, limits.closing) = (2, 3, 1, 1)
        return [State(machine: DrainMachine(limits: limits))]
    }

    func isEnd(_ state: State) -> Bool { state.exits > 0 || state.now == Self.horizon }

    /// Nil is a tick of the clock.
    func steps(from state: State) -> [DrainMachine.Event?] {
        if state.now == Self.horizon { return [] }
        return events + [nil]
    }

    func take(_ event: DrainMachine.Event?, in state: inout State) -> String? {
        guard let event else {
            state.now += 1
            return nil
        }
        for action in state.machine.handle(event, at: Monotonic(nanoseconds: state.now)) {
            if state.exits > 0 { return "\(action) after the exit" }
            switch action {
            case .announceReady: if state.hasStoppedListening { return "ready in a drain" }
            case .stopListening: state.hasStoppedListening = true
            case .finishInFlight: state.finishes += 1
            case .closeService:
                if !state.hasStoppedListening { return "the service is closed while it listens" }
                state.closes += 1
            case .exit: state.exits += 1
            case .armDeadline(let moment): if moment.nanoseconds > state.now + 3 { return "a deadline beyond the longest grace" }
            default: break
            }
        }
        if state.finishes > 1 || state.closes > 1 { return "something is done twice" }
        return nil
    }

    func describe(_ event: DrainMachine.Event?, from state: State) -> String { "\(state.now): \(event.map { "\($0)" } ?? "tick")" }
}
