/// Decides when a worker gives up on its hive.
///
/// A hive that is gone may come back and take its workers over, so a worker stays; but one that is of no use to anybody, to which
/// no hive has come back for ten minutes, leaves.
struct HiveAbsence: Sendable {
    /// How long the hive must have been away, and the worker idle.
    static let limit: Duration = .seconds(600)

    private var awaySince: Duration?

    /// The hive answered.
    mutating func answered() {
        awaySince = nil
    }

    /// The hive did not answer.
    mutating func missed(at now: Duration) {
        awaySince = awaySince ?? now
    }

    /// Whether to leave now.
    ///
    /// - Parameter lastUsed: when the worker was last used; now while it is.
    func shouldLeave(at now: Duration, lastUsed: Duration) -> Bool {
        guard let awaySince else { return false }
        return now - awaySince >= Self.limit && now - lastUsed >= Self.limit
    }
}
