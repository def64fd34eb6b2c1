package import DaemonContract

/// A daemon as people type it: `queen`, `hive`, `worker/tiny-1`, or `worker` alone, which means the only one there is.
package struct DaemonReference: Hashable, Sendable {
    package let kind: DaemonKind
    /// Nil when none was named.
    package let instance: String?

    /// Kinds that this keeper can start, show and stop, in the order they are started.
    package static let kinds: [DaemonKind] = [.queen, .hive, .worker, .context]

    /// Nil when the text names no daemon.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = Self.kinds.first(where: { $0.rawValue == parts.first }) else { return nil }
        if parts.count == 2, !InstanceName.isValid(parts[1]) { return nil }
        self.kind = kind
        instance = parts.count == 2 ? parts[1] : nil
    }

    /// The daemon meant, given those that are known.
    ///
    /// - Throws: `usage` when `worker` alone could be several, or none.
    package func resolved(among rows: [DaemonStatusRow]) throws -> DaemonID {
        if let instance { return try DaemonID(kind: kind, instance: instance) }
        guard kind == .worker else { return try DaemonID(kind: kind) }
        let workers = rows.filter { $0.kind == .worker }
        let running = workers.filter(\.state.isRunning)
        let candidates = running.isEmpty ? workers : running
        if let only = candidates.first, candidates.count == 1 { return try DaemonID(kind: .worker, instance: only.instance) }
        guard !candidates.isEmpty else {
            throw KeeperError(
                .notRunning, "there is no worker", next: ["rbee-keeper worker start --model builtin"], exit: .notRunning)
        }
        throw KeeperError(
            .usage, "there are \(candidates.count) workers: " + candidates.map { "worker/\($0.instance)" }.joined(separator: ", "),
            next: ["rbee-keeper worker list"], exit: .usage)
    }
}
