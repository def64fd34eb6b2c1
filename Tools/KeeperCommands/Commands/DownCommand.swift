internal import DaemonContract
internal import DaemonLifecycle

/// `down` and `shutdown-all`: stop several daemons, owners first.
enum DownCommand {
    private static let exits: [Command.Exit] = [
        .init(.done, "all of it is gone, also when nothing ran"), .init(.failed, "something could not be stopped; the error says what"),
        .init(.usage), .init(.timedOut), .init(.interrupted),
    ]

    static let command = Command(
        "down", summary: "stop what this keeper started",
        discussion: [
            "Stops what the keeper owns together with what that owns in turn, removes what those of them left that were killed, and leaves "
                + "daemons of other owners alone. Returns when every process is gone.",
            #"With --json: {"stopped":[…],"left":[…]}: a receipt for each, and the rows of what still runs."#,
        ],
        options: [.grace], exits: exits,
        examples: [.init("rbee-keeper down", "stop it all"), .init("rbee-keeper down --grace 1s", "and wait less for requests in flight")],
        timeout: "what the steps of each stop add up to, 16s"
    ) { context in
        try await stop(.owned, context)
    }

    static let shutdownAll = Command(
        "shutdown-all", summary: "stop every daemon of this user in this home, whoever owns it",
        discussion: [
            "As down, but regardless of owners: also what a library, a service manager or a hand started. No socket, record or handle is left."
        ],
        options: [.grace], exits: exits, examples: [.init("rbee-keeper shutdown-all", "nothing of ours runs afterwards")],
        timeout: "what the steps of each stop add up to, 16s"
    ) { context in
        try await stop(.everything, context)
    }

    private static func stop(_ scope: StopOrder.Scope, _ context: KeeperContext) async throws -> ExitCode {
        let control = try await context.tidiedDaemons()
        var options = StopOptions()
        options.grace = context.arguments.duration(.grace)
        options.timeout = context.arguments.timeout
        let wanted = options
        let (report, failures) = try await context.leaving(
            "what was already asked to stop goes on stopping, the rest still runs; see 'rbee-keeper status'"
        ) { narrate in
            var receipts: [StopReceipt] = []
            var failures: [any Error] = []
            var order = StopOrder(scope)
            var rows = try await control.rows()
            let before = rows
            while true {
                let next = order.next(rows)
                if next.isEmpty { break }
                for row in next {
                    do {
                        receipts.append(try await control.stop(DaemonID(kind: row.kind, instance: row.instance), wanted, narrate: narrate))
                    } catch is CancellationError {
                        throw CancellationError()
                    } catch {
                        // The others are stopped all the same.
                        failures.append(error)
                    }
                }
                rows = try await control.rows()
            }
            for row in order.dead(rows) where row.pid != nil {
                // Its process is gone, and something that it started holds its lock.
                do {
                    receipts.append(try await control.stop(DaemonID(kind: row.kind, instance: row.instance), wanted, narrate: narrate))
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    failures.append(error)
                }
            }
            let dead = try order.dead(rows).map { try DaemonID(kind: $0.kind, instance: $0.instance) }
            if scope == .everything || !dead.isEmpty {
                for notice in try await control.clear(scope == .everything ? nil : dead) { narrate(notice) }
            }
            return (StopReport(stopped: receipts, left: order.left(rows), along: along(receipts, from: before, to: rows)), failures)
        }
        // "nothing to stop" would be a lie beside the errors.
        if !report.stopped.isEmpty || failures.isEmpty || context.output.isJSON { try context.output.result(report) }
        if !report.left.isEmpty {
            let names = report.left.map { "\($0.name) (owner \($0.owner ?? "none"))" }.joined(separator: ", ")
            context.output.note("left running: \(names); 'rbee-keeper shutdown-all' stops them too")
        }
        for failure in failures.dropLast() { context.output.error(KeeperError(from: failure)) }
        if let last = failures.last { throw last }
        return .done
    }

    /// What ended with its owner, without having been stopped itself.
    private static func along(_ receipts: [StopReceipt], from before: [DaemonStatusRow], to after: [DaemonStatusRow]) -> [DaemonStatusRow] {
        before.filter { row in
            row.state.isRunning && row.owner != nil && !receipts.contains { $0.daemon == row.name }
                && !after.contains { $0.name == row.name && $0.state.isRunning }
        }
    }
}
