/// Decides when memory is given back, pages of code and what is free of the heap, asked once a second: most of what is resident after
/// the start, or after a burst of work, would stay resident for as long as the daemon is idle.
///
/// What has come in meanwhile tells, not what was asked: a daemon's own heartbeats bring in as much as somebody's requests do.
package struct Idleness: Hashable, Sendable {
    /// Quiet seconds before it is given back, after the start and later.
    private static let (first, later) = (1, 2)
    /// Seconds between two times. Code that is used more often than that is not idle.
    private static let pause = 10
    /// Seconds between two looks at what is resident.
    private static let glance = 5
    /// Seconds after which what every second touches has come back.
    private static let settling = 2
    /// Bytes beyond those that make it worth while: 512 KiB.
    private static let worth: UInt64 = 512 << 10

    private var lastRequests: UInt64 = 0
    private var quietFor = 0
    private var released: Release?

    private struct Release: Hashable, Sendable {
        var age = 0
        /// Bytes that were resident once what every second touches had come back.
        var settledAt: UInt64 = 0
    }

    package init() {}

    /// Whether to give memory back now.
    ///
    /// - Parameters:
    ///   - requests: answered since the start.
    ///   - isServing: the daemon has come up, and does not drain.
    ///   - resident: bytes that are resident now; asked for only when it matters.
    package mutating func isWorthReleasing(requests: UInt64, isServing: Bool, resident: () -> UInt64) -> Bool {
        guard isServing else { return false }
        quietFor = requests == lastRequests ? quietFor + 1 : 0
        lastRequests = requests
        guard var last = released else {
            guard quietFor >= Self.first else { return false }
            released = Release()
            return true
        }
        last.age += 1
        if last.age == Self.settling { last.settledAt = resident() }
        released = last
        guard quietFor >= Self.later, last.age >= Self.pause, last.age % Self.glance == 0, resident() >= last.settledAt &+ Self.worth else {
            return false
        }
        released = Release()
        return true
    }
}
