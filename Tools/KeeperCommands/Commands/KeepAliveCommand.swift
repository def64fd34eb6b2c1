internal import DaemonContract

/// `keep-alive`: holds a lease on daemons until Ctrl-C.
enum KeepAliveCommand {
    private static let duration = OptionSpec.value(
        "for", "DURATION", .duration, "give the lease back after so long", defaultText: "until Ctrl-C")
    private static let holder = OptionSpec.value(
        "holder", "NAME", .text, "who holds it, for people who ask what keeps the daemon", fallback: "keeper")

    /// One lease lasts so long, and is renewed three times in that: whoever is killed keeps nothing alive for more than a minute.
    private static let leaseSeconds: Double = 60
    private static let renewal: Duration = .seconds(20)

    static let command = Command(
        "keep-alive", summary: "keep daemons from expiring for as long as this runs",
        discussion: [
            "Takes a lease on each daemon named (on all that run, when none is) and renews it; gives it back at Ctrl-C or after --for. "
                + "Starts nothing; ends with an error when a daemon goes away."
        ],
        options: [duration, holder], operands: [.daemons],
        exits: [
            .init(.done, "the time of --for is over"), .init(.failed, "a daemon went away"), .init(.usage),
            .init(.notRunning, "it did not run to begin with"), .init(.timedOut, "a daemon did not answer in time"),
            .init(.interrupted, "Ctrl-C, the usual end"),
        ],
        examples: [
            .init("rbee-keeper keep-alive", "everything that runs, until Ctrl-C"),
            .init("rbee-keeper keep-alive worker/tiny-1 --for 2h", "one worker, for two hours"),
        ],
        timeout: "5s for each answer"
    ) { context in
        let ids = try await chosen(context)
        let control = try context.daemons()
        var connections: [(id: DaemonID, connection: any DaemonConnection)] = []
        for id in ids { connections.append((id, try await control.connection(to: id))) }
        let leases = LeaseKeeping(
            connections: connections, holder: context.arguments.text(holder) ?? "keeper", seconds: leaseSeconds, renewal: renewal,
            deadline: context.arguments.timeout ?? .seconds(5), clock: context.clock)
        let limit = context.arguments.duration(duration)
        let output = context.output
        try await context.interruptible("the leases were given back") {
            try await leases.hold(for: limit) {
                output.note("keeping \(ids.map(\.description).joined(separator: ", ")) alive; Ctrl-C ends it")
            }
        }
        return .done
    }

    private static func chosen(_ context: KeeperContext) async throws -> [DaemonID] {
        let rows = try await context.daemons().rows()
        guard context.arguments.operands.isEmpty else {
            return try context.arguments.operands.compactMap { DaemonReference($0) }.map { try $0.resolved(among: rows) }
        }
        let running = rows.filter { $0.state.isServing }.inOrder
        guard !running.isEmpty else {
            throw KeeperError(.notRunning, "nothing runs that could be kept alive", next: ["rbee-keeper up"], exit: .notRunning)
        }
        return try running.map { try DaemonID(kind: $0.kind, instance: $0.instance) }
    }
}
