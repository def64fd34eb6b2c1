/// The decisions of a stop: rung after rung until the whole subtree is gone.
///
/// Every ``Action`` is answered by exactly one ``Event``. It ends after a bounded number of events, whatever the daemon
/// does.
package struct StopMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Nothing was done yet. Can transition to `surveying`, `finished`.
        case initial
        /// The subtree is being collected before a rung. Can transition to `stepping`, `finished`.
        case surveying(rung: Int)
        /// A rung's step is being carried out. Can transition to `waiting`, `surveying` of the next rung, `finished`.
        case stepping(rung: Int)
        /// The subtree has the rung's patience to go. Can transition to `surveying` of this or the next rung.
        case waiting(rung: Int)
        case finished
    }

    package enum Event: Sendable, Hashable {
        case begin(isRunning: Bool)
        /// How many processes of the subtree live, the daemon included, and whether the daemon itself does.
        case surveyed(alive: Int, leaderAlive: Bool)
        case stepDone
        case stepRefused(String)
        /// Every process that was last surveyed is gone.
        case gone
        case patienceOver
    }

    package enum Action: Sendable, Hashable {
        /// Collect the subtree. Answer: `surveyed`.
        case survey
        /// Carry out the rung's step on the surveyed processes. Answer: `stepDone` or `stepRefused`.
        case step(rung: Int)
        /// Wait until all of them are gone. Answer: `gone` or `patienceOver`.
        case wait(rung: Int)
        case finish(Result)
    }

    package enum Result: Sendable, Hashable {
        case notRunning
        case gone
        /// Processes live after the last rung.
        case survivors(Int)
    }

    package private(set) var state: State = .initial
    private static let repeatsAllowed = 5

    private let ladder: StopLadder
    private var repeats = 0

    package init(ladder: StopLadder) {
        self.ladder = ladder
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.initial, .begin(let isRunning)):
            guard isRunning, !ladder.rungs.isEmpty else { return finish(.notRunning) }
            return survey(before: 0)
        case (.surveying(let rung), .surveyed(let alive, let leaderAlive)):
            guard alive > 0 else { return finish(.gone) }
            guard rung < ladder.rungs.count else { return finish(.survivors(alive)) }
            // A request can only reach the daemon itself: what outlives it is signalled at once.
            if case .request = ladder.rungs[rung].step, !leaderAlive { return survey(before: rung + 1) }
            state = .stepping(rung: rung)
            return .step(rung: rung)
        case (.stepping(let rung), .stepDone):
            state = .waiting(rung: rung)
            return .wait(rung: rung)
        case (.stepping(let rung), .stepRefused):
            return survey(before: rung + 1)
        case (.waiting(let rung), .gone):
            // Look once more: a process may have been born between the survey and the step. Who lives now meets the next rung, and
            // after the last one the same again, a few times: a tree that forks faster than that is reported.
            guard rung + 1 == ladder.rungs.count, repeats < Self.repeatsAllowed else { return survey(before: rung + 1) }
            repeats += 1
            return survey(before: rung)
        case (.waiting(let rung), .patienceOver):
            return survey(before: rung + 1)
        default:
            return finish(.survivors(-1))
        }
    }

    private mutating func survey(before rung: Int) -> Action {
        state = .surveying(rung: rung)
        return .survey
    }

    private mutating func finish(_ result: Result) -> Action {
        state = .finished
        return .finish(result)
    }
}
