/// The course of one plain program under supervision: wishes and what becomes of its lives in, what to do next out.
///
/// Each life has a number: news of an earlier one changes nothing. When the next one begins is for ``RestartMachine`` to decide. Pure: times are
/// given in, in monotonic nanoseconds, and so is the random number that spreads pauses.
package struct ProgramMachine: Sendable, Hashable {
    /// What is to be when the life that is being ended is over.
    package enum Ending: Sendable, Hashable {
        /// It stays down.
        case stop
        /// The next one begins.
        case restart
        /// It has not come up; it counts as a failure.
        case failed(reason: String)
    }

    /// The life under way.
    package enum Life: Sendable, Hashable {
        /// There is none. Can transition to `launching`, `ready` (adopted), `starting` (adopted).
        case none
        /// Its launch has been ordered. Can transition to `starting`, `ending`, `none`.
        case launching
        /// It runs and cannot serve yet. Can transition to `ready`, `ending`, `none`.
        case starting
        /// It serves. Can transition to `ending`, `none`.
        case ready
        /// It has been asked to end, or will be as soon as it is there. Can transition to `none`.
        case ending(Ending)
    }

    package enum Event: Sendable, Hashable {
        /// Somebody, or the configuration, wants it to run.
        case wanted
        /// It is to end and stay down.
        case stopped
        /// It is to end, if it runs, and to begin again.
        case restarted
        /// It was found running.
        case adopted(isReady: Bool)
        /// It runs now.
        case launched(life: Int)
        /// It was not started.
        case refused(life: Int, reason: String)
        case ready(life: Int)
        /// Its time to become ready is over.
        case late(life: Int)
        /// Its whole tree is gone; `saying` is the last that it printed, where that helps.
        case ended(life: Int, ProcessEnd, saying: String? = nil)
        case timerDue
    }

    package enum Action: Sendable, Hashable {
        /// Launch it as the life of that number.
        case launch(life: Int)
        /// Find out when it can serve.
        case awaitReadiness(life: Int)
        /// Ask its guard to end it.
        case end(life: Int)
        /// Come back with `timerDue` at that time.
        case setTimer(at: UInt64)
    }

    package private(set) var life: Life = .none
    /// The number of the life under way, or of the last one.
    package private(set) var number = 0
    /// Why it is not running, or was started again.
    package private(set) var reason: String?
    /// How often it was started again by itself since it was last healthy for long.
    package private(set) var restarts = 0
    private var restart: RestartMachine
    /// When it is started again; counts from the next event on.
    package var mode: ProgramSpecification.Restart {
        didSet { restart.policy = Self.policy(policy, mode) }
    }
    private let policy: RestartMachine.Policy
    private var readySince: UInt64?

    package init(restart mode: ProgramSpecification.Restart, policy: RestartMachine.Policy = .init()) {
        self.mode = mode
        self.policy = policy
        restart = RestartMachine(policy: Self.policy(policy, mode))
    }

    private static func policy(_ policy: RestartMachine.Policy, _ mode: ProgramSpecification.Restart) -> RestartMachine.Policy {
        guard mode == .never else { return policy }
        // Whatever has ended by itself has had all its starts, however long that took.
        var policy = policy
        policy.startsAllowed = 1
        policy.window = ever
        policy.healthyAfter = ever
        return policy
    }

    /// Longer than any machine runs.
    private static let ever: Duration = .seconds(1 << 33)

    /// The state as everybody calls it.
    package var state: Phase {
        switch life {
        case .launching, .starting: .starting
        case .ready: .ready
        case .ending: .ending
        case .none:
            switch restart.state {
            case .backoff: .backoff
            case .failed: .failed
            case .stopped, .starting, .running: .stopped
            }
        }
    }

    /// Whether it is being launched, or does not serve yet.
    package var isComingUp: Bool { life == .launching || life == .starting }

    /// See ``state``.
    package enum Phase: Sendable, Hashable {
        case stopped, starting, ready, ending, backoff, failed
    }

    /// Takes what happened and says what to do next.
    ///
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - random: evenly spread between -1 and 1.
    package mutating func handle(_ event: Event, now: UInt64, random: Double) -> Action? {
        switch event {
        case .wanted: return wanted(now)
        case .stopped: return stopped(now)
        case .restarted:
            guard life == .none else { return end(as: .restart) }
            return wanted(now)
        case .adopted(let isReady):
            guard life == .none else { return nil }
            number += 1
            _ = restart.handle(.adopted, now: now, random: 0)
            reason = nil
            life = isReady ? .ready : .starting
            readySince = isReady ? now : nil
            return isReady ? nil : .awaitReadiness(life: number)
        case .launched(let life) where life == number: return launched()
        case .refused(let life, let reason) where life == number: return over(reason, isFailure: true, now, random)
        case .ready(let life) where life == number:
            guard self.life == .starting else { return nil }
            self.life = .ready
            readySince = now
            _ = restart.handle(.started, now: now, random: 0)
            return nil
        case .late(let life) where life == number:
            guard self.life == .starting else { return nil }
            return end(as: .failed(reason: "was not ready within its time"))
        case .ended(let life, let how, let saying) where life == number:
            let before = self.life == .starting ? " before it was ready" : ""
            return over(
                "\(how)\(before)\(saying.map { ": \($0)" } ?? "")", isFailure: how != .exited(0) || self.life == .starting, now, random)
        case .timerDue: return act(on: restart.handle(.timerDue, now: now, random: random))
        case .launched, .refused, .ready, .late, .ended:
            return nil  // of an earlier life
        }
    }

    private mutating func wanted(_ now: UInt64) -> Action? {
        switch life {
        case .launching, .starting, .ready: return nil
        case .ending:
            life = .ending(.restart)
            return nil
        case .none:
            reason = nil
            restarts = 0
            return act(on: restart.handle(.wanted, now: now, random: 0))
        }
    }

    private mutating func stopped(_ now: UInt64) -> Action? {
        guard life == .none else { return end(as: .stop) }
        reason = nil
        _ = restart.handle(.stoppedOnPurpose, now: now, random: 0)
        return nil
    }

    private mutating func end(as ending: Ending) -> Action? {
        switch life {
        case .none: return nil
        case .launching:
            // There is nobody to be asked yet.
            life = .ending(ending)
            return nil
        case .starting, .ready:
            life = .ending(ending)
            return .end(life: number)
        case .ending:
            life = .ending(ending)
            return nil
        }
    }

    private mutating func launched() -> Action? {
        switch life {
        case .launching:
            life = .starting
            return .awaitReadiness(life: number)
        case .ending: return .end(life: number)
        case .none, .starting, .ready: return nil
        }
    }

    /// The life is over.
    private mutating func over(_ reason: String, isFailure: Bool, _ now: UInt64, _ random: Double) -> Action? {
        let ended = life
        guard ended != .none else { return nil }
        life = .none
        defer { readySince = nil }
        switch ended {
        case .ending(.stop):
            self.reason = nil
            return act(on: restart.handle(.stoppedOnPurpose, now: now, random: random))
        case .ending(.restart):
            self.reason = nil
            _ = restart.handle(.stoppedOnPurpose, now: now, random: random)
            return wanted(now)
        case .ending(.failed(let failure)):
            return failed(failure, now, random)
        case .none, .launching, .starting, .ready:
            if !isFailure, mode != .always {
                self.reason = reason
                return act(on: restart.handle(.stoppedOnPurpose, now: now, random: random))
            }
            return failed(reason, now, random)
        }
    }

    private mutating func failed(_ reason: String, _ now: UInt64, _ random: Double) -> Action? {
        self.reason = reason
        if let readySince, Duration.nanoseconds(Int64(clamping: now &- readySince)) >= policy.healthyAfter { restarts = 0 }
        return act(on: restart.handle(.ended(reason: reason), now: now, random: random))
    }

    private mutating func act(on action: RestartMachine.Action?) -> Action? {
        switch action {
        case .start?:
            if number > 0, reason != nil { restarts += 1 }
            number += 1
            life = .launching
            return .launch(life: number)
        case .setTimer(let at)?: return .setTimer(at: at)
        case .giveUp?, nil: return nil
        }
    }
}
