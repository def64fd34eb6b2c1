internal import DaemonContract

/// `list`: the daemons that run.
enum ListCommand {
    static let command = Command(
        "list", summary: "list the daemons that run",
        discussion: ["The same rows and the same JSON as status, but only of what runs, and the exit code says nothing about their state."],
        options: [all],
        exits: [.init(.done, "also when nothing runs"), .init(.failed), .init(.usage)],
        examples: [
            .init("rbee-keeper list", "what runs"),
            .init("rbee-keeper list --json | jq -r '.daemons[] | select(.owned) | .pid'", "process ids of what this keeper owns"),
        ]
    ) { context in
        let rows = try await context.daemons().rows().inOrder
        try context.output.result(StatusReport(context.arguments.has(all) ? rows : rows.filter(\.state.isRunning)))
        return .done
    }

    private static let all = OptionSpec.flag("all", short: "a", "also those that are stopped, stale or failed")
}
