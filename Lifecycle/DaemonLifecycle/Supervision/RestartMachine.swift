/// When a supervised daemon is started again: at once after its first end, then after pauses that double, and not at all once it keeps failing.
///
/// Pure: times are given in, in monotonic nanoseconds, and so is the random number that spreads the pauses.
package struct RestartMachine: Sendable, Hashable {
    /// The numbers of the policy.
    package struct Policy: Sendable, Hashable {
        /// The pause after the second failure in a row; the first is answered at once.
        package var firstPause: Duration
        package var longestPause: Duration
        /// How much a pause is spread, as a part of it: 0.2 makes 80 to 120 %.
        package var jitter: Double
        /// So long healthy, and the past is forgotten.
        package var healthyAfter: Duration
        /// More starts than this within `window` are a failure that waits for a person.
        package var startsAllowed: Int
        package var window: Duration

        package init(
            firstPause: Duration = .milliseconds(100), longestPause: Duration = .seconds(30), jitter: Double = 0.2,
            healthyAfter: Duration = .seconds(60), startsAllowed: Int = 5, window: Duration = .seconds(60)
        ) {
            self.firstPause = firstPause
            self.longestPause = longestPause
            self.jitter = jitter
            self.healthyAfter = healthyAfter
            self.startsAllowed = startsAllowed
            self.window = window
        }
    }

    package enum State: Sendable, Hashable {
        /// Not wanted, or ended on purpose. Can transition to `starting`.
        case stopped
        /// A start is under way. Can transition to `running`, `backoff`, `failed`, `stopped`.
        case starting
        /// It serves since then. Can transition to `backoff`, `starting`, `failed`, `stopped`.
        case running(since: UInt64)
        /// The next start is due then. Can transition to `starting`, `stopped`.
        case backoff(until: UInt64)
        /// Too many starts in too short a time. Can transition to `starting` when a person asks.
        case failed(reason: String)
    }

    package enum Event: Sendable, Equatable {
        /// Somebody wants it to run: a person, the configuration, or a request.
        case wanted
        /// It was found running and is ours.
        case adopted
        case started
        /// It ended without having been asked to, or could not be started.
        case ended(reason: String)
        /// It ended because somebody asked it to.
        case stoppedOnPurpose
        case timerDue
    }

    package enum Action: Sendable, Equatable {
        case start
        /// Come back with `timerDue` at that time.
        case setTimer(at: UInt64)
        /// Tell whoever looks why there will be no further start.
        case giveUp(reason: String)
    }

    package private(set) var state: State = .stopped
    /// What counts from the next event on.
    package var policy: Policy
    /// Failures in a row since it was last healthy for long enough.
    private var failures = 0
    private var starts: [UInt64] = []

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// Takes what happened and says what to do next.
    ///
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - random: evenly spread between -1 and 1.
    package mutating func handle(_ event: Event, now: UInt64, random: Double) -> Action? {
        switch (state, event) {
        case (.stopped, .wanted), (.failed, .wanted):
            forget()
            return start(now)
        case (.backoff, .wanted):
            return start(now)
        case (.starting, .wanted), (.running, .wanted), (.running, .adopted):
            return nil
        case (_, .adopted), (.starting, .started):
            state = .running(since: now)
            return nil
        case (.starting, .ended(let reason)):
            return failed(reason, now: now, random: random)
        case (.running(let since), .ended(let reason)):
            if nanoseconds(policy.healthyAfter) <= now &- since {
                forget()
            }
            return failed(reason, now: now, random: random)
        case (_, .stoppedOnPurpose):
            state = .stopped
            forget()
            return nil
        case (.backoff(let until), .timerDue):
            return now >= until ? start(now) : .setTimer(at: until)
        case (.stopped, .ended), (.backoff, .ended), (.failed, .ended), (_, .started), (_, .timerDue):
            // Late news of an earlier life: a timer or an end that was already under way when the state changed.
            return nil
        }
    }

    /// What was before counts no more.
    private mutating func forget() {
        failures = 0
        starts.removeAll()
    }

    private mutating func start(_ now: UInt64) -> Action {
        starts.append(now)
        state = .starting
        return .start
    }

    private mutating func failed(_ reason: String, now: UInt64, random: Double) -> Action {
        failures += 1
        starts.removeAll { now &- $0 > nanoseconds(policy.window) }
        guard starts.count < policy.startsAllowed else {
            state = .failed(reason: reason)
            return .giveUp(reason: reason)
        }
        guard failures > 1 else { return start(now) }
        let until = now &+ pause(random)
        state = .backoff(until: until)
        return .setTimer(at: until)
    }

    private func pause(_ random: Double) -> UInt64 {
        let longest = nanoseconds(policy.longestPause)
        let doublings = min(failures - 2, 40)
        let (doubled, overflow) = nanoseconds(policy.firstPause).multipliedReportingOverflow(by: 1 << UInt64(doublings))
        let base = overflow ? longest : min(doubled, longest)
        let spread = 1 + policy.jitter * max(-1, min(1, random))
        return UInt64(Double(base) * spread)
    }
}

private func nanoseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, seconds)) &* 1_000_000_000 &+ UInt64(max(0, attoseconds) / 1_000_000_000)
}
