internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import HiveLifecycle

/// The hives of this host that the queen started: supervised as hives supervise their workers.
actor LocalHives {
    private let context: DaemonContext
    private let supervisor: Supervisor

    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    init(_ context: DaemonContext, onChange: @escaping @Sendable (Supervisor.Report) -> Void) throws {
        self.context = context
        let lifecycle = try LifecycleContext(
            home: context.environment[DaemonEnvironment.home], owner: OwnerName.queen(context.id.instance),
            binDirectory: context.configuration[Settings.binDirectory], loop: context.loop)
        supervisor = Supervisor(context: lifecycle, onChange: onChange)
    }

    /// Starts a hive of this host, or finds it running, and keeps it from then on.
    func start(_ alias: String) async throws(LifecycleError) -> DaemonInfo {
        try await supervisor.want(try HiveLifecycle.specification(instance: alias))
    }

    /// Stops a hive of this host with its workers.
    func stop(_ alias: String) async throws -> StopReceipt {
        try await supervisor.stop(try DaemonID(kind: .hive, instance: alias))
    }

    /// Takes charge of the hives that a predecessor of this queen started.
    func adopt() async throws {
        try await supervisor.adopt { row in
            row.kind == .hive ? try? HiveLifecycle.specification(instance: row.instance) : nil
        }
    }

    /// Ends: with their hives, or leaving them to whoever comes next.
    func end(cascade: Bool, grace: Duration) async {
        if cascade { await supervisor.stopAll(grace: grace) } else { await supervisor.leave() }
    }

    func reports() async -> [Supervisor.Report] {
        await supervisor.reports()
    }
}
