internal import DaemonContract

/// `status`: the table of daemons.
enum StatusCommand {
    static let command = Command(
        "status", summary: "show the daemons and how they are",
        discussion: [
            "Shows queen and hive, also when they are stopped, and every worker and program that runs or went wrong. Asks locks and sockets, starts "
                + "nothing and does not count as use.",
            #"With --json: {"daemons":[{"kind", "instance", "state", "pid", "base_url", "version", "uptime_secs", "owned", "#
                + #""owner", "reason"}]}; "#
                + "what is unknown is left out.",
        ],
        operands: [.daemons],
        exits: [
            .init(.done, "everything named runs; without names: something runs and nothing is stale or failed"),
            .init(.failed), .init(.usage), .init(.notRunning, "something is stopped, stale or failed"),
            .init(.timedOut, "something runs and did not answer in time (silent)"),
        ],
        examples: [
            .init("rbee-keeper status", "the whole table"),
            .init("rbee-keeper status queen && echo up", "in a script"),
            .init("rbee-keeper status --json | jq -r '.daemons[].state'", "for programs"),
        ]
    ) { context in
        let known = try await context.daemons().rows()
        guard !context.arguments.operands.isEmpty else { return try all(known, context) }
        var rows: [DaemonStatusRow] = []
        for reference in context.arguments.operands.compactMap({ DaemonReference($0) }) {
            if reference.kind.hasMany, reference.instance == nil {
                rows += known.filter { $0.kind == reference.kind }
            } else {
                rows.append(try await context.daemons().row(of: reference.resolved(among: known)))
            }
        }
        return try show(rows, context)
    }

    /// The rows of one kind, or of the named instances of it.
    static func show(kind: DaemonKind, _ context: KeeperContext) async throws -> ExitCode {
        let control = try context.daemons()
        if kind == .worker, context.arguments.operands.isEmpty {
            return try show(try await control.rows().filter { $0.kind == kind }, context)
        }
        var rows: [DaemonStatusRow] = []
        for id in try await context.chosen(of: kind) { rows.append(try await control.row(of: id)) }
        return try show(rows, context)
    }

    private static func show(_ rows: [DaemonStatusRow], _ context: KeeperContext) throws -> ExitCode {
        try context.output.result(StatusReport(rows))
        if rows.isEmpty { return .notRunning }
        return rows.map(StatusReport.exit).first { $0 != .done } ?? .done
    }

    private static func all(_ known: [DaemonStatusRow], _ context: KeeperContext) throws -> ExitCode {
        var rows = known.filter { $0.state != .stopped }
        for kind in [DaemonKind.queen, .hive] where !rows.contains(where: { $0.kind == kind }) {
            let stopped = known.first { $0.kind == kind && $0.instance == kind.defaultInstance }
            rows.append(stopped ?? DaemonStatusRow(kind: kind, instance: kind.defaultInstance, state: .stopped))
        }
        try context.output.result(StatusReport(rows.inOrder))
        guard rows.contains(where: \.state.isRunning) else {
            context.output.note("nothing runs; 'rbee-keeper up' starts queen and hive")
            return .notRunning
        }
        if rows.contains(where: { $0.state == .stale || $0.state == .failed }) { return .notRunning }
        return rows.contains { $0.state == .silent } ? .timedOut : .done
    }
}
