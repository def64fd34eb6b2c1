package import DaemonContract

/// A daemon as people type it: `queen`, `hive`, `worker/tiny-1`, or `worker` alone, which means the only one there is. A plain program counts as
/// one: `process/db`.
package struct DaemonReference: Hashable, Sendable {
    package let kind: DaemonKind
    /// Nil when none was named.
    package let instance: String?

    /// Kinds that this keeper can start, show and stop, in the order they are started.
    package static let kinds: [DaemonKind] = [.queen, .hive, .worker, .context]

    /// Nil when the text names no daemon.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = (Self.kinds + [.process]).first(where: { $0.rawValue == parts.first }) else { return nil }
        if parts.count == 2, !InstanceName.isValid(parts[1]) { return nil }
        self.kind = kind
        instance = parts.count == 2 ? parts[1] : nil
    }

    /// The daemon meant, given those that are known.
    ///
    /// - Throws: `usage` when `worker` alone could be several, or none.
    package func resolved(among rows: [DaemonStatusRow]) throws -> DaemonID {
        if let instance { return try DaemonID(kind: kind, instance: instance) }
        guard kind.hasMany else { return try DaemonID(kind: kind) }
        let all = rows.filter { $0.kind == kind }
        let running = all.filter(\.state.isRunning)
        let candidates = running.isEmpty ? all : running
        if let only = candidates.first, candidates.count == 1 { return try DaemonID(kind: kind, instance: only.instance) }
        guard !candidates.isEmpty else {
            let next = kind == .worker ? "rbee-keeper worker start --model builtin" : "rbee-keeper \(kind) list"
            throw KeeperError(.notRunning, "there is no \(kind)", next: [next], exit: .notRunning)
        }
        throw KeeperError(
            .usage,
            "there are \(candidates.count) \(kind == .worker ? "workers" : "processes"): " + candidates.map(\.name).joined(separator: ", "),
            next: ["rbee-keeper \(kind) list"], exit: .usage)
    }
}

extension DaemonKind {
    /// Whether there are several of it as a rule, none of them the usual one.
    var hasMany: Bool { self == .worker || self == .process }
}
