internal import DaemonContract

/// Which daemons `down` and `shutdown-all` stop, and in which order.
///
/// Owners before what they own: an owner that lives would start its own again, and stops them itself when it is stopped. Among those
/// that nobody living owns, the last started goes first.
struct StopOrder: Sendable {
    enum Scope: Sendable {
        /// What the keeper owns, or owned before its owner in between died.
        case owned
        case everything
    }

    let scope: Scope
    /// Every daemon seen so far: who owned what still counts when the owner is gone.
    private var seen: [DaemonStatusRow] = []
    private var tried: Set<String> = []

    init(_ scope: Scope) {
        self.scope = scope
    }

    /// The daemons to stop next, one after the other; empty when the rest is none of ours. None is named twice.
    mutating func next(_ rows: [DaemonStatusRow]) -> [DaemonStatusRow] {
        seen.removeAll { old in rows.contains { $0.name == old.name } }
        seen += rows
        let running = rows.filter { $0.state.isRunning && !tried.contains($0.name) && isInScope($0) }
        let roots = running.filter { row in !running.contains { $0.name != row.name && owner(of: row, in: [$0]) != nil } }
        // A ring of owners has no roots; better all of it than none.
        let next: [DaemonStatusRow] = (roots.isEmpty ? running : roots).inOrder.reversed()
        tried.formUnion(next.map(\.name))
        return next
    }

    /// Those in scope that do not run and have left something: what a killed daemon left goes too, or the command would leave more than it found
    /// running.
    func dead(_ rows: [DaemonStatusRow]) -> [DaemonStatusRow] {
        rows.filter { ($0.state == .stale || $0.state == .failed) && isInScope($0) }
    }

    /// Those that run and are left alone.
    func left(_ rows: [DaemonStatusRow]) -> [DaemonStatusRow] {
        rows.filter { $0.state.isRunning && !isInScope($0) }
    }

    private func isInScope(_ row: DaemonStatusRow) -> Bool {
        switch scope {
        case .everything:
            return true
        case .owned:
            var current = row
            // As many steps as there are daemons: a ring of owners ends too.
            for _ in 0...seen.count {
                if current.owned { return true }
                guard let next = owner(of: current, in: seen) else { return false }
                current = next
            }
            return false
        }
    }

    /// The daemon that owns another: `hive/localhost` owns what says so.
    private func owner(of row: DaemonStatusRow, in rows: [DaemonStatusRow]) -> DaemonStatusRow? {
        rows.first { $0.name == row.owner }
    }
}
