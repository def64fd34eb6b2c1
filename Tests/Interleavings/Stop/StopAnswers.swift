@testable import DaemonLifecycle

/// A stop answered in every way that its protocol allows, likely or not: it ends after a bounded number of answers, and never says `gone` unless
/// the last survey saw nobody.
struct StopAnswers: Model {
    struct State: Hashable {
        var machine: StopMachine
        var action: StopMachine.Action
        var seen = 1
        var length = 0
    }

    let ladder: StopLadder
    private static let longest = 40

    var beginnings: [State] {
        var machine = StopMachine(ladder: ladder)
        let action = machine.handle(.begin(isRunning: true))
        return [State(machine: machine, action: action)]
    }

    func isEnd(_ state: State) -> Bool { if case .finish = state.action { true } else { false } }

    func steps(from state: State) -> [StopMachine.Event] {
        switch state.action {
        case .survey:
            [.surveyed(alive: 0, leaderAlive: false), .surveyed(alive: 1, leaderAlive: false), .surveyed(alive: 2, leaderAlive: true)]
        case .step: [.stepDone, .stepRefused("")]
        case .wait: [.gone, .patienceOver]
        case .finish: []
        }
    }

    func take(_ event: StopMachine.Event, in state: inout State) -> String? {
        if case .surveyed(let alive, _) = event { state.seen = alive }
        state.action = state.machine.handle(event)
        state.length += 1
        if state.length > Self.longest { return "a stop without an end" }
        switch state.action {
        case .finish(.gone) where state.seen != 0: return "says gone though it saw somebody"
        case .finish(.survivors(let count)) where count != state.seen: return "leaves its protocol, or miscounts its survivors"
        default: return nil
        }
    }

    func describe(_ event: StopMachine.Event, from state: State) -> String { "\(state.action): \(event)" }
}
