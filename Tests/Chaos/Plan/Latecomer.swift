/// A launch of a daemon that runs already, by a starter that looked long ago, before it did: the launcher has to lose, whatever the starter believes.
/// Starters that are suspended at the right moment do the same, and are hardly ever met there.
struct Latecomer: Sendable, Hashable {
    /// Milliseconds after the beginning of the storm.
    var at: Int
    /// Which of the daemons there are.
    var pick: Int
    /// The nonce that is drawn for the launch.
    var salt: UInt64
}

extension Latecomer: CustomStringConvertible {
    var description: String { "a launch of what runs (\(pick))" }
}
