/// Decides when pages of code are given back, asked once a second: most of what is resident after the start, or after a burst of
/// requests, would stay resident for as long as the daemon is idle.
package struct Idleness: Hashable, Sendable {
    /// Quiet seconds before pages are given back, after the start and later.
    private static let (first, later) = (1, 10)

    private var lastRequests: UInt64 = 0
    private var quietFor = 0
    private var releasedAt: UInt64?

    package init() {}

    /// Whether to give pages back now.
    ///
    /// - Parameters:
    ///   - requests: answered since the start.
    ///   - isServing: the daemon has come up, and does not drain.
    package mutating func isWorthReleasing(requests: UInt64, isServing: Bool) -> Bool {
        guard isServing else { return false }
        quietFor = requests == lastRequests ? quietFor + 1 : 0
        lastRequests = requests
        guard quietFor >= (releasedAt == nil ? Self.first : Self.later), releasedAt != requests else { return false }
        releasedAt = requests
        return true
    }
}
