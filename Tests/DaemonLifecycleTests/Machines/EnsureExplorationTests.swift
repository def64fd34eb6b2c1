import Testing

@testable import DaemonLifecycle

/// Every event that may answer an action, explored from the start: no dialogue leaves the protocol, and its invariants hold in all of them.
struct EnsureExplorationTests {
    private struct Trail {
        var machine: EnsureMachine
        var launches = 0
        var losses = 0
        var live: Set<Int32> = []
        var sawReadyFromOther = false
    }

    private static let holder = Holder(nonce: "h", pid: 10)
    private static let failures = [
        nil, FailedStart(nonce: "f1", end: .exited(1), output: ""), FailedStart(nonce: "f2", end: .signalled(9), output: ""),
    ]

    private static func answers(to action: EnsureMachine.Action) -> [EnsureMachine.Event] {
        switch action {
        case .look:
            failures.map { .foundFree(failedStart: $0) } + [
                .foundHeld(nil, failedStart: nil), .foundHeld(holder, failedStart: failures[1]), .deadlineReached,
            ]
        case .ask:
            Answer.Phase.allCases.flatMap { phase in
                ["h", "x"].map { .answered(Answer(nonce: $0, pid: 10, phase: phase, version: "1", buildID: "b", isOurLaunch: false)) }
            } + Silence.allCases.map { .silent($0) } + [.holderEnded, .deadlineReached]
        case .wait: [.holderEnded, .pollDue, .deadlineReached]
        case .launch: [.launched(pid: 7), .launchLost, .launchFailed(stage: "exec", errno: 2)]
        case .awaitChild: [.saidReady, .pollDue, .deadlineReached, .childEnded(FailedStart(nonce: "n", end: .exited(1), output: ""))]
        case .confirm:
            Answer.Phase.allCases.flatMap { phase in
                [7, 8].map { .answered(Answer(nonce: "n", pid: $0, phase: phase, version: "1", buildID: "b", isOurLaunch: $0 == 7)) }
            } + [.silent(.starting), .deadlineReached, .childEnded(FailedStart(nonce: "n", end: .exited(1), output: ""))]
        case .stopHolder: [.stopped, .stopFailed("no")]
        case .stopChild: [.stopped, .stopFailed("no"), .childEnded(FailedStart(nonce: "n", end: .exited(1), output: ""))]
        case .finish: []
        }
    }

    @Test(arguments: [
        EnsureWish(), EnsureWish(mayLaunch: false), EnsureWish(notifies: false), EnsureWish(version: "2", silencesAllowed: 1),
    ])
    func everyDialogueKeepsTheProtocol(_ wish: EnsureWish) {
        var explored = 0
        func explore(_ trail: Trail, _ action: EnsureMachine.Action, depth: Int) {
            explored += 1
            var trail = trail
            switch action {
            case .launch:
                trail.launches += 1
                #expect(wish.mayLaunch)
                #expect(trail.launches <= trail.losses + 1, "a second launch without a lost race")
                #expect(trail.live.isEmpty, "a launch beside a living child")
            case .stopChild(let pid):
                #expect(trail.live == [pid], "a stop of something that was not launched here")
            case .stopHolder:
                #expect(wish.version != nil || wish.buildID != nil, "a stop that nobody asked for")
            case .finish(let outcome):
                if case .failed(.unexpected(let what)) = outcome { Issue.record("left the protocol: \(what)") }
                if case .failed = outcome { #expect(trail.live.isEmpty, "a failure returned beside a living child") }
                return
            default: break
            }
            guard depth > 0 else { return }
            for event in Self.answers(to: action) {
                var next = trail
                switch event {
                case .launched(let pid): next.live.insert(pid)
                case .launchLost: next.losses += 1
                // What it has left may still live: it is ours to end.
                case .childEnded: if case .stopChild = action { next.live = [] }
                case .stopped, .stopFailed: if case .stopChild = action { next.live = [] }
                default: break
                }
                let action = next.machine.handle(event)
                explore(next, action, depth: depth - 1)
            }
        }
        var machine = EnsureMachine(wish: wish)
        let first = machine.handle(.begin)
        explore(Trail(machine: machine), first, depth: 8)
        #expect(explored > 1000 || !wish.mayLaunch)
    }
}
