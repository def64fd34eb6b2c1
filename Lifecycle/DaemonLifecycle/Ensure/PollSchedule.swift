/// When to look again at a daemon that cannot say by itself that it is ready.
///
/// Delays double from 2 ms to 20 ms during the first five seconds, then to 250 ms: a daemon that starts in 10 ms is seen within 20 ms, one
/// that loads a model for a minute costs four looks a second.
package struct PollSchedule: Sendable, Hashable {
    private static let first: Duration = .milliseconds(2)
    private static let quickCeiling: Duration = .milliseconds(20)
    /// The longest time between two looks.
    package static let slowCeiling: Duration = .milliseconds(250)
    private static let quickPhase: Duration = .seconds(5)

    private var previous: Duration?
    private var waited: Duration = .zero
    private let always: Duration?

    package init() {
        always = nil
    }

    /// The same delay each time: for those to whom time is no state.
    package init(always delay: Duration) {
        always = delay
    }

    /// The delay before the next look; each call moves the schedule on.
    package mutating func next() -> Duration {
        if let always { return always }
        let ceiling = waited < Self.quickPhase ? Self.quickCeiling : Self.slowCeiling
        let delay = min(previous.map { $0 * 2 } ?? Self.first, ceiling)
        previous = delay
        waited += delay
        return delay
    }
}
