internal import DaemonContract
internal import DaemonLifecycle

/// `queen stop`, `hive stop`, `worker stop`.
enum StopCommand {
    static func stop(_ kind: DaemonKind, _ context: KeeperContext) async throws -> ExitCode {
        let control = try await context.tidiedDaemons()
        var options = StopOptions()
        options.cascade = !context.arguments.has(.flag("no-cascade", ""))
        options.grace = context.arguments.duration(.grace)
        options.timeout = context.arguments.timeout
        let wanted = options
        let ids: [DaemonID]
        if context.arguments.has(.all) {
            ids = try await control.rows().filter { $0.kind == kind && $0.state.isRunning }.map {
                try DaemonID(kind: kind, instance: $0.instance)
            }
        } else {
            do {
                ids = try await context.chosen(of: kind)
            } catch let error as KeeperError where error.exit == .notRunning {
                // No worker at all: nothing to stop is a success that says so.
                try context.output.result(StopReport(stopped: []))
                return .done
            }
        }
        let receipts = try await context.leaving("what was already asked to stop goes on stopping; see 'rbee-keeper status'") { narrate in
            var receipts: [StopReceipt] = []
            for id in ids { receipts.append(try await control.stop(id, wanted, narrate: narrate)) }
            return receipts
        }
        try context.output.result(StopReport(stopped: receipts))
        return .done
    }
}
