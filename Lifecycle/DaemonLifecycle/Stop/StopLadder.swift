/// One rung of the way from a polite request to certainty.
public struct StopRung: Sendable, Hashable {
    /// What is done on this rung.
    public enum Step: Sendable, Hashable {
        /// `POST /v1/shutdown` on the daemon's own socket; the answer is awaited for `answerWithin`.
        case request(answerWithin: Duration)
        /// A signal to every process of the subtree, and `SIGCONT` so that a stopped process can receive it.
        case terminate
        /// `SIGKILL` to every process of the subtree.
        case kill
    }

    /// What is done.
    public let step: Step
    /// How long the whole subtree may take to be gone before the next rung.
    public let patience: Duration

    public init(_ step: Step, patience: Duration) {
        self.step = step
        self.patience = patience
    }
}

/// The rungs of a stop, first to last. It ends in a kill, wherever one may kill.
public struct StopLadder: Sendable, Hashable {
    /// First to last.
    public let rungs: [StopRung]

    /// The whole ladder: ask, terminate, kill.
    ///
    /// - Parameters:
    ///   - grace: how long the daemon may drain after it was asked.
    ///   - termination: how long it may take after `SIGTERM`.
    public static func graceful(grace: Duration = .seconds(10), termination: Duration = .seconds(3)) -> StopLadder {
        StopLadder(rungs: [
            StopRung(.request(answerWithin: .seconds(1)), patience: grace),
            StopRung(.terminate, patience: termination),
            StopRung(.kill, patience: .seconds(2)),
        ])
    }

    /// For programs that do not know the shutdown request, and for daemons that are not ready yet.
    public static func signals(termination: Duration = .seconds(3)) -> StopLadder {
        StopLadder(rungs: [StopRung(.terminate, patience: termination), StopRung(.kill, patience: .seconds(2))])
    }

    /// The whole ladder within a time: for whoever must be done by then, because it is being stopped itself.
    package static func within(_ limit: Duration) -> StopLadder {
        // A tenth is kept for looking around between the rungs.
        let answer = min(.seconds(1), limit / 10)
        let termination = min(.seconds(3), limit / 4)
        let kill = min(.seconds(2), limit * 3 / 20)
        return StopLadder(rungs: [
            StopRung(.request(answerWithin: answer), patience: limit * 9 / 10 - answer - termination - kill),
            StopRung(.terminate, patience: termination),
            StopRung(.kill, patience: kill),
        ])
    }

    /// Its polite rungs alone: for daemons that may be asked and not signalled.
    var requests: StopLadder {
        StopLadder(rungs: rungs.filter { rung in if case .request = rung.step { true } else { false } })
    }

    /// The longest time the whole ladder can take.
    public var budget: Duration {
        rungs.reduce(.zero) { total, rung in
            if case .request(let answer) = rung.step { return total + rung.patience + answer }
            return total + rung.patience
        }
    }
}
