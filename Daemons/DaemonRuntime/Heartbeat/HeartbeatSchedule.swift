/// Decides when a daemon tells that it lives: at intervals, soon after its state has changed, and soon again when nobody listened.
///
/// Never more than one heartbeat is under way to one place, and changes that follow each other quickly go out as one: a worker that
/// answers a thousand requests a second does not send two thousand heartbeats.
struct HeartbeatSchedule: Sendable {
    /// The shortest time between two heartbeats.
    static let shortest: Duration = .milliseconds(100)

    /// The time after which one that was not taken is sent again the first time.
    static let shortestRetry: Duration = .seconds(1)

    private enum State {
        /// One is due when this time comes. Can transition to sending.
        case waiting(until: Duration)
        /// One is under way; whether something has changed since it was written. Can transition to waiting.
        case sending(changed: Bool)
    }

    private var state: State
    /// The time between heartbeats when nothing changes.
    private let interval: Duration
    /// When the last one was begun.
    private var begun: Duration?
    /// How many in a row were not taken.
    private var misses = 0

    /// - Parameters:
    ///   - now: the first heartbeat is due at once.
    ///   - interval: the time between heartbeats when nothing changes.
    init(at now: Duration, interval: Duration) {
        self.interval = interval
        state = .waiting(until: now)
    }

    /// How long to wait for the next heartbeat; zero: send it, and call `began`. Nil while one is under way.
    func delay(at now: Duration) -> Duration? {
        switch state {
        case .waiting(let due): max(due - now, .zero)
        case .sending: nil
        }
    }

    /// The state that heartbeats tell has changed.
    mutating func changed(at now: Duration) {
        switch state {
        case .waiting(let due): state = .waiting(until: min(due, earliest(at: now)))
        case .sending: state = .sending(changed: true)
        }
    }

    /// A heartbeat was written and goes out.
    mutating func began(at now: Duration) {
        begun = now
        state = .sending(changed: false)
    }

    /// It was answered, or has failed: whoever does not listen is asked again soon, and then less and less often.
    mutating func ended(at now: Duration, taken: Bool = true) {
        switch state {
        case .waiting:
            // Ended twice: the deadline and the answer may both report it.
            break
        case .sending(let changed):
            misses = taken ? 0 : misses + 1
            let pause = misses == 0 ? interval : min(interval, Self.shortestRetry * (1 << min(misses - 1, 16)))
            // What has changed is told soon, but not faster and faster to nobody.
            state = .waiting(until: changed && taken ? earliest(at: now) : max((begun ?? now) + pause, now))
        }
    }

    private func earliest(at now: Duration) -> Duration {
        begun.map { max($0 + Self.shortest, now) } ?? now
    }
}
