/// A stop that is led to a bystander: lock line, record and handle of a daemon name one, and nobody is there to mend them before the stop has
/// read them. A living daemon mends its own within a second, so that a lie that is merely written is rarely met.
///
/// The stop has to refuse: what it was led to neither carries the nonce nor holds the lock.
struct Ruse: Sendable, Hashable {
    enum Manner: String, Sendable, Hashable, CaseIterable {
        /// The daemon is suspended before its files lie, and goes on when the stop has ended.
        case suspended
        /// The daemon is killed, and this program holds its lock while its files lie.
        case killed
        /// There never was such a daemon; this program holds its lock.
        case ghost
    }

    /// Milliseconds after the beginning of the storm.
    var at: Int
    var manner: Manner
    /// Which of the daemons there are.
    var pick: Int
    /// Whether the lie has the nonce of the daemon in whose place it stands.
    var knowsNonce: Bool
    /// What is drawn on the way: which bystander, which nonce.
    var salt: UInt64
}

extension Ruse: CustomStringConvertible {
    var description: String { "a stop led to a bystander: \(manner.rawValue)\(knowsNonce ? ", nonce known" : "") (\(pick))" }
}
