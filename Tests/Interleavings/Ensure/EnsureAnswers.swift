@testable import DaemonLifecycle

/// `ensure` answered in every way that its protocol allows, likely or not: no dialogue leaves the protocol, and it is fair in all of them.
struct EnsureAnswers: Model {
    struct State: Hashable {
        var machine: EnsureMachine
        var action: EnsureMachine.Action
        var mayLaunchAgain = true
        /// Its own child, which it has not stopped yet.
        var hasChild = false
    }

    let wish: EnsureWish

    private static let holder = Holder(nonce: "h", pid: 10)
    private static let failed = FailedStart(nonce: "n", end: .exited(1), output: "")
    private static let ends = [
        nil, FailedStart(nonce: "f1", end: .exited(1), output: ""), FailedStart(nonce: "f2", end: .signalled(9), output: ""),
        FailedStart(nonce: "h", end: .exited(0), output: "", isCertain: false),
    ]

    var beginnings: [State] {
        var machine = EnsureMachine(wish: wish, poll: PollSchedule(always: .milliseconds(1)))
        let action = machine.handle(.begin)
        return [State(machine: machine, action: action)]
    }

    func isEnd(_ state: State) -> Bool { if case .finish = state.action { true } else { false } }

    func steps(from state: State) -> [EnsureMachine.Event] {
        switch state.action {
        case .look:
            Self.ends.map { .foundFree(failedStart: $0) } + [
                .foundHeld(nil, failedStart: nil), .foundHeld(Self.holder, failedStart: Self.ends[1]), .deadlineReached,
            ]
        case .ask:
            Answer.Phase.allCases.flatMap { phase in
                ["h", "x"].map { .answered(Answer(nonce: $0, pid: 10, phase: phase, version: "1", buildID: "b", isOurLaunch: false)) }
            } + Silence.allCases.map { .silent($0) } + [.holderEnded, .deadlineReached]
        case .wait: [.holderEnded, .pollDue, .deadlineReached]
        case .launch: [.launched(pid: 7), .launchLost, .launchFailed(stage: "exec", errno: 2), .deadlineReached]
        case .awaitChild: [.saidReady, .pollDue, .deadlineReached, .childEnded(Self.failed)]
        case .confirm:
            Answer.Phase.allCases.flatMap { phase in
                [7, 8].map { .answered(Answer(nonce: "n", pid: $0, phase: phase, version: "1", buildID: "b", isOurLaunch: $0 == 7)) }
            } + [.silent(.starting), .deadlineReached, .childEnded(Self.failed)]
        case .stopHolder: [.stopped, .stopFailed("no")]
        case .stopChild: [.stopped, .stopFailed("no"), .childEnded(Self.failed)]
        case .finish: []
        }
    }

    func take(_ event: EnsureMachine.Event, in state: inout State) -> String? {
        let before = state.action
        state.action = state.machine.handle(event)
        switch event {
        case .launched: state.hasChild = true
        case .launchLost: state.mayLaunchAgain = true
        // What it has left may still live: it is its starter's to end.
        case .stopped, .stopFailed, .childEnded: if case .stopChild = before { state.hasChild = false }
        case .deadlineReached:
            if case .finish = state.action { break }
            guard case .stopChild = state.action else { return "goes on after its deadline" }
        default: break
        }
        return law(state.action, &state)
    }

    private func law(_ action: EnsureMachine.Action, _ state: inout State) -> String? {
        switch action {
        case .launch:
            defer { state.mayLaunchAgain = false }
            if !wish.mayLaunch { return "launches where it only looks" }
            if state.hasChild { return "launches beside its child" }
            return state.mayLaunchAgain ? nil : "launches again without having lost a race"
        case .stopChild: return state.hasChild ? nil : "stops what it has not launched"
        case .stopHolder: return wish.version == nil && wish.buildID == nil ? "stops what nobody wanted stopped" : nil
        case .finish(.failed(.unexpected(let what))): return "leaves the protocol: \(what)"
        case .finish(.failed): return state.hasChild ? "fails beside its child" : nil
        default: return nil
        }
    }

    func describe(_ event: EnsureMachine.Event, from state: State) -> String { "\(state.action): \(event)" }
}
