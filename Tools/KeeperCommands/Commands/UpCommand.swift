internal import DaemonContract

/// `up`: queen and hive, and a worker when a model is named.
enum UpCommand {
    private static let hivePort = OptionSpec.value(
        "hive-port", "PORT", .integer(0...65535), "TCP port of the hive; 0 lets the kernel choose", defaultText: "hive.port, 7835")
    private static let queenPort = OptionSpec.value(
        "port", short: "p", "PORT", .integer(0...65535), "TCP port of the queen; 0 lets the kernel choose", defaultText: "queen.port, 7833")
    private static let upModel = OptionSpec.value(
        "model", short: "m", "MODEL", .text, "also start a worker for this model", mayRepeat: true)

    static let command = Command(
        "up", summary: "start queen and hive, and workers for the models named",
        discussion: [
            "Starts what does not run yet and adopts what does; returns when all of it has answered. Running it again changes nothing. "
                + "'rbee-keeper down' stops what this started.",
            "With --json the same as status --json.",
        ],
        options: [queenPort, hivePort, upModel],
        exits: [
            .init(.done, "all of it runs, also when it already did"), .init(.failed), .init(.usage), .init(.timedOut), .init(.lostRace),
            .init(.interrupted),
        ],
        examples: [
            .init("rbee-keeper up", "queen and hive"),
            .init("rbee-keeper up --model builtin", "and a worker with the model that is built in"),
            .init("rbee-keeper up --port 0 --hive-port 0", "on free ports; status shows them"),
        ],
        timeout: "30s for each"
    ) { context in
        let control = try await context.tidiedDaemons()
        var queen = StartPlan(.queen), hive = StartPlan(.hive)
        queen.port = context.arguments.integer(queenPort)
        hive.port = context.arguments.integer(hivePort)
        var plans = [queen, hive]
        for model in context.arguments.options[upModel.name] ?? [] { plans.append(try WorkerPlanning.plan(model: model)) }
        for index in plans.indices { plans[index].timeout = context.arguments.timeout }
        let wanted = plans
        try await context.waiting("what was started keeps running; 'rbee-keeper down' stops it") { narrate in
            for plan in wanted { _ = try await control.start(plan, narrate: narrate) }
        }
        let rows = try await control.rows().filter(\.state.isRunning).inOrder
        try context.output.result(StatusReport(rows))
        return .done
    }
}
