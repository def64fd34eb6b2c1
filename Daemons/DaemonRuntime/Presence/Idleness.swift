/// Decides when pages of code are given back, asked once a second: most of what is resident after the start, or after a burst of
/// work, would stay resident for as long as the daemon is idle.
///
/// What was touched meanwhile tells, not what was asked: a daemon's own heartbeats bring in as much as somebody's requests do.
package struct Idleness: Hashable, Sendable {
    /// Quiet seconds before pages are given back, after the start and later.
    private static let (first, later) = (1, 2)
    /// Seconds between two times. Code that is used more often than that is not idle.
    private static let pause = 10
    /// Seconds after which what every second touches has come back.
    private static let settling = 2
    /// Page faults beyond those that make it worth while. Each brings in 64 KiB, or as much as the page cache holds in one piece.
    private static let worth: UInt64 = 12

    private var lastRequests: UInt64 = 0
    private var quietFor = 0
    private var released: Release?

    private struct Release: Hashable, Sendable {
        var age = 0
        /// Page faults until what every second touches had come back.
        var faults: UInt64 = 0
    }

    package init() {}

    /// Whether to give pages back now.
    ///
    /// - Parameters:
    ///   - requests: answered since the start.
    ///   - faults: the process's page faults that needed no disk, since its start.
    ///   - isServing: the daemon has come up, and does not drain.
    package mutating func isWorthReleasing(requests: UInt64, faults: UInt64, isServing: Bool) -> Bool {
        guard isServing else { return false }
        quietFor = requests == lastRequests ? quietFor + 1 : 0
        lastRequests = requests
        guard var last = released else {
            guard quietFor >= Self.first else { return false }
            released = Release()
            return true
        }
        last.age += 1
        if last.age <= Self.settling { last.faults = faults }
        released = last
        guard quietFor >= Self.later, last.age >= Self.pause, faults >= last.faults &+ Self.worth else { return false }
        released = Release()
        return true
    }
}
