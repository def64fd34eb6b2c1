internal import DaemonContract

extension [DaemonStatusRow] {
    /// In the order they are started: queens, hives, workers, and by name.
    var inOrder: [DaemonStatusRow] {
        func rank(_ row: DaemonStatusRow) -> Int { DaemonKind.locked.firstIndex(of: row.kind) ?? DaemonKind.locked.count }
        return sorted { (rank($0), $0.instance) < (rank($1), $1.instance) }
    }

    func row(of id: DaemonID) -> DaemonStatusRow? {
        first { $0.kind == id.kind && $0.instance == id.instance }
    }
}

extension DaemonStatusRow {
    /// `worker/tiny-1`.
    var name: String { "\(kind.rawValue)/\(instance)" }
}

extension KeeperContext {
    /// The daemons of a kind that the operands name: `tiny-1` or `worker/tiny-1`.
    func instances(of kind: DaemonKind) throws -> [DaemonID] {
        try arguments.operands.map { text in
            guard text.contains("/") else { return try DaemonID(kind: kind, instance: text) }
            guard let reference = DaemonReference(text), reference.kind == kind else {
                throw KeeperError(.usage, "\(text) is no \(kind.rawValue)", next: ["rbee-keeper list --all"], exit: .usage)
            }
            return try DaemonID(kind: kind, instance: reference.instance)
        }
    }

    /// The daemons of a kind that the operands name, or the one meant when they name none: the usual queen or hive, the only worker.
    func chosen(of kind: DaemonKind) async throws -> [DaemonID] {
        let named = try instances(of: kind)
        guard named.isEmpty else { return named }
        guard kind == .worker, let any = DaemonReference(kind.rawValue) else { return [try DaemonID(kind: kind)] }
        return [try any.resolved(among: try await daemons().rows())]
    }

    /// The daemon that the only operand names: `queen` when there is none.
    func chosenDaemon() async throws -> DaemonID {
        guard let text = arguments.operands.first, let reference = DaemonReference(text) else { return .queen }
        if reference.instance == nil, reference.kind.hasMany { return try reference.resolved(among: try await daemons().rows()) }
        return try reference.resolved(among: [])
    }
}
