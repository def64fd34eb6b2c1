/// One promise to keep the daemon alive, as the lifetime machine knows it.
package struct HeldLease: Hashable, Sendable {
    /// What ends the lease by itself.
    package enum Term: Hashable, Sendable {
        /// Ends at a moment, unless renewed before.
        case until(Monotonic)
        /// Ends with the connection of this number; the kernel closes it when the client dies.
        case connection(UInt64)
    }

    /// The name the daemon gave it.
    package let id: String
    /// Who holds it, for people: `keeper`, `hive/localhost`, a program's name.
    package let holder: String
    /// How long it was asked for, in nanoseconds; 0 for one that hangs on a connection.
    package var duration: UInt64
    /// What ends it.
    package var term: Term

    package init(id: String, holder: String, duration: UInt64, term: Term) {
        self.id = id
        self.holder = holder
        self.duration = duration
        self.term = term
    }

    /// Nanoseconds left at a moment; `nil` when it hangs on a connection.
    package func remaining(at now: Monotonic) -> UInt64? {
        switch term {
        case .until(let end): end.since(now)
        case .connection: nil
        }
    }
}
