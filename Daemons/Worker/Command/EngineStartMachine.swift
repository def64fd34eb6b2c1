internal import Configuration
internal import DaemonLifecycle

/// Decides how an engine is started: when it is launched again on another port, when it is asked whether it is ready, and when the
/// start has failed. Knows no clock and does nothing itself.
package struct EngineStartMachine: Sendable {
    /// Launches before giving up: a stranger may take a port between our look and the engine's bind.
    package static let mostLaunches = 3

    private enum State {
        /// Waits for the launch to be done. Can transition to probing, or to over.
        case launching
        /// The program runs and is asked from time to time. Can transition to launching, ready or over.
        case probing(PollSchedule)
        /// It answered. Can transition to over, when it ends.
        case ready
        /// Nothing more is decided.
        case over
    }

    /// What happened.
    package enum Event: Sendable {
        /// The program is running.
        case launched
        /// It could not be started at all.
        case launchFailed(EngineError)
        /// It was asked.
        case probed(ProbeResult)
        /// It ended.
        case ended(EngineExit, portTaken: Bool)
        /// Its time is up.
        case budgetSpent
        /// The worker is stopping.
        case stopped
    }

    /// What to do.
    package enum Action: Sendable {
        /// Reserve a port and start the program on it.
        case launch
        /// Ask after this time.
        case probe(after: Duration)
        /// Hand out the engine.
        case succeed
        /// Kill what runs and launch it again on another port.
        case killAndLaunch
        /// Kill what runs and fail.
        case fail(EngineError)
        /// Nothing.
        case none
    }

    private let name: String
    private let budget: Duration
    private let health: String
    private var state = State.launching
    private var launches = 0
    private var lastProbe: ProbeResult?

    package init(configuration: EngineConfiguration) {
        name = configuration.name
        budget = configuration.startTimeout
        health = configuration.healthPath
    }

    /// The first thing to do.
    package mutating func begin() -> Action {
        launches = 1
        return .launch
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.over, _):
            // Whatever was under way when the start was decided still reports its end.
            return .none
        case (_, .stopped):
            return fail(EngineError(.cancelled, "the engine of \(name) was stopped while it started"))
        case (.launching, .launched):
            var schedule = PollSchedule()
            let delay = schedule.next()
            state = .probing(schedule)
            return .probe(after: delay)
        case (.launching, .launchFailed(let error)):
            return fail(error)
        case (.probing(var schedule), .probed(let result)):
            lastProbe = result
            switch result {
            case .ready:
                state = .ready
                return .succeed
            case .stranger:
                return launchAgain(EngineError(.startFailed, "the engine of \(name) did not get its port: \(result.text)"))
            case .silent, .notYet:
                let delay = schedule.next()
                state = .probing(schedule)
                return .probe(after: delay)
            }
        case (.launching, .ended(let exit, let portTaken)), (.probing, .ended(let exit, let portTaken)):
            let error = EngineError(.startFailed, "the engine of \(name) ended while it started: \(exit.summary)")
            return portTaken ? launchAgain(error) : fail(error)
        case (.launching, .budgetSpent), (.probing, .budgetSpent):
            let last = lastProbe.map { "; at last, \($0.text)" } ?? ""
            return fail(
                EngineError(
                    .startTimedOut,
                    "the engine of \(name) was not ready after \(budget): it was asked at \(health)\(last). Raise models.\(name).start_timeout, or set "
                        + "models.\(name).health to a path that answers once it can serve"
                )
            )
        case (.ready, .ended):
            state = .over
            return .none
        case (.launching, .probed), (.probing, .launched), (.probing, .launchFailed), (.ready, .launched), (.ready, .launchFailed),
            (.ready, .probed), (.ready, .budgetSpent):
            // An answer to a question that was asked before the state changed.
            return .none
        }
    }

    private mutating func launchAgain(_ error: EngineError) -> Action {
        guard launches < Self.mostLaunches else {
            var error = error
            error.message += " (\(launches) launches, each on another port)"
            return fail(error)
        }
        launches += 1
        state = .launching
        return .killAndLaunch
    }

    private mutating func fail(_ error: EngineError) -> Action {
        state = .over
        return .fail(error)
    }
}

/// What came of asking an engine whether it is ready.
package enum ProbeResult: Sendable, Equatable {
    /// It answered with success.
    case ready
    /// Nobody answered.
    case silent(String)
    /// It answered something else; with this status.
    case notYet(Int)
    /// Somebody else listens in its place.
    case stranger(String)

    fileprivate var text: String {
        switch self {
        case .ready: "it was ready"
        case .silent(let reason): "nobody answered (\(reason))"
        case .notYet(let status): "it answered with status \(status)"
        case .stranger(let who): "\(who) listens there"
        }
    }
}

extension EngineExit {
    /// Lines of its output that are told: few enough that whoever tells a worker's last eight lines also tells why it ended.
    private static let wordsTold = 6

    /// How it ended and what it printed last, for people.
    package var summary: String {
        let lines = output.split(whereSeparator: \.isNewline).suffix(Self.wordsTold).joined(separator: "\n")
        return lines.isEmpty ? "\(end), without a word" : "\(end); its last words:\n\(lines)"
    }
}
