@testable import DaemonLifecycle

/// One supervised daemon that ends again and again, and people who ask for it and stop it, at any moment, with timers that are late, early or
/// come twice.
///
/// Time passes in ticks of a nanosecond, the policy is the product's with small numbers.
struct RestartWorld: Model {
    struct Wrong: OptionSet {
        let rawValue: Int
        /// Every end is answered at once.
        static let neverPauses = Wrong(rawValue: 1)
        /// The past is never forgotten, however long it was healthy.
        static let neverForgives = Wrong(rawValue: 2)
        /// A stop on purpose counts as an end.
        static let restartsWhatWasStopped = Wrong(rawValue: 4)
        /// A timer that comes early is the last one.
        static let losesEarlyTimers = Wrong(rawValue: 8)
    }

    /// What is true, as a bystander would write it down.
    struct Truth: Hashable {
        /// When it was started since somebody asked for it or it was healthy for long.
        var starts: [UInt64] = []
        var failures = 0
        var isWanted = false
        var hasGivenUp = false
        /// When it began to run; nil while it does not.
        var runsSince: UInt64?
        var isStarting = false
        var timer: UInt64?
    }

    struct State: Hashable {
        var machine: RestartMachine
        var now: UInt64 = 0
        var truth = Truth()
    }

    enum Step {
        case tick(UInt64)
        case want, adopt, up, end(Double), stop
        case timer
        /// One that was replaced or cancelled too late.
        case oldTimer
    }

    /// The policy's numbers made small, so that every moment can be looked at.
    static let small = RestartMachine.Policy(
        firstPause: .nanoseconds(2), longestPause: .nanoseconds(4), jitter: 0.5, healthyAfter: .nanoseconds(5), startsAllowed: 4,
        window: .nanoseconds(5))
    /// By how much the clock goes on.
    let ticks: [UInt64]
    let policy: RestartMachine.Policy
    let horizon: UInt64
    let wrong: Wrong

    init(_ policy: RestartMachine.Policy = small, ticks: [UInt64] = [1], horizon: UInt64 = 9, _ wrong: Wrong = []) {
        (self.policy, self.ticks, self.horizon, self.wrong) = (policy, ticks, horizon, wrong)
    }

    private func span(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    var beginnings: [State] { [State(machine: RestartMachine(policy: policy))] }

    func isEnd(_ state: State) -> Bool { state.now >= horizon }

    func steps(from state: State) -> [Step] {
        if isEnd(state) { return [] }
        let truth = state.truth
        var steps: [Step] = ticks.map { .tick($0) }
        if !truth.isStarting, truth.runsSince == nil { steps.append(.want) }
        if truth.isStarting { steps += [.up, .end(1)] }
        if truth.runsSince != nil { steps += [.end(-1), .end(1)] }
        if truth.isWanted { steps.append(.stop) }
        if truth.runsSince == nil, !truth.isStarting, !truth.isWanted { steps.append(.adopt) }
        // The timer may be a tick early, or late.
        if let timer = truth.timer, timer <= state.now + ticks[0] { steps.append(.timer) }
        steps.append(.oldTimer)
        return steps
    }

    func take(_ step: Step, in state: inout State) -> String? {
        switch step {
        case .tick(let span):
            state.now += span
            state.truth.starts.removeAll { state.now - $0 > self.span(policy.window) }
            return stuck(state)
        case .want:
            state.truth.isWanted = true
            if state.truth.hasGivenUp || state.machine.state == .stopped { forgive(&state) }
            state.truth.hasGivenUp = false
            return tell(.wanted, 0, &state)
        case .adopt:
            state.truth.isWanted = true
            state.truth.hasGivenUp = false
            state.truth.runsSince = state.now
            return tell(.adopted, 0, &state)
        case .up:
            state.truth.isStarting = false
            state.truth.runsSince = state.now
            return tell(.adopted, 0, &state)
        case .end(let random):
            if let since = state.truth.runsSince, state.now - since >= span(policy.healthyAfter), !wrong.contains(.neverForgives) {
                forgive(&state)
            }
            state.truth.runsSince = nil
            state.truth.isStarting = false
            state.truth.failures = min(state.truth.failures + 1, 20)
            return tell(.ended(reason: "x"), random, &state)
        case .stop:
            let wasRunning = state.truth.runsSince != nil
            (state.truth.isWanted, state.truth.isStarting, state.truth.runsSince) = (false, false, nil)
            if wrong.contains(.restartsWhatWasStopped), wasRunning { return tell(.ended(reason: "stopped"), 0, &state) }
            let law = tell(.stoppedOnPurpose, 0, &state)
            forgive(&state)
            return law
        case .timer:
            let isEarly = state.truth.timer.map { $0 > state.now } ?? false
            state.truth.timer = nil
            if isEarly, wrong.contains(.losesEarlyTimers) { return nil }
            return tell(.timerDue, 0, &state)
        case .oldTimer: return tell(.timerDue, 0, &state)
        }
    }

    private func forgive(_ state: inout State) {
        state.truth.starts = []
        state.truth.failures = 0
    }

    private func tell(_ event: RestartMachine.Event, _ random: Double, _ state: inout State) -> String? {
        let now = state.now
        let action = state.machine.handle(event, now: now, random: random)
        switch action {
        case .start?: return started(&state)
        case .setTimer(let at)?:
            state.truth.timer = at
            if wrong.contains(.neverPauses) { return started(&state) }
            guard case .ended = event else { return nil }
            return pause(at - now, state)
        case .giveUp?:
            state.truth.hasGivenUp = true
            return state.truth.starts.count < policy.startsAllowed ? "given up too early" : nil
        case nil: return nil
        }
    }

    private func started(_ state: inout State) -> String? {
        let truth = state.truth
        if !truth.isWanted { return "started though nobody wants it" }
        if truth.hasGivenUp { return "started though it was given up" }
        if truth.isStarting || truth.runsSince != nil { return "started a second time" }
        state.truth.isStarting = true
        state.truth.starts.append(state.now)
        return state.truth.starts.count { state.now - $0 < span(policy.window) } > policy.startsAllowed ? "more starts than allowed" : nil
    }

    /// The first failure is answered at once, the second waits the first pause, each later one twice as long up to the longest, all spread.
    private func pause(_ pause: UInt64, _ state: State) -> String? {
        if state.truth.failures < 2 { return "the first failure waits" }
        let doubled = span(policy.firstPause) << UInt64(min(state.truth.failures - 2, 20))
        let base = Double(min(doubled, span(policy.longestPause)))
        let isRight = Double(pause) >= (base * (1 - policy.jitter)).rounded(.down) && Double(pause) <= base * (1 + policy.jitter)
        return isRight ? nil : "a pause of \(pause) after \(state.truth.failures) failures"
    }

    /// Somebody wants it, and nothing will come of that.
    private func stuck(_ state: State) -> String? {
        let truth = state.truth
        guard truth.isWanted, !truth.hasGivenUp, !truth.isStarting, truth.runsSince == nil else { return nil }
        return truth.timer == nil ? "it is wanted, and nobody will start it" : nil
    }

    func describe(_ step: Step, from state: State) -> String { "\(state.now): \(step)  [\(state.machine.state)]" }
}
