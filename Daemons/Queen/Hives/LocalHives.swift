internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import HiveLifecycle

/// The hives of this host: those the queen starts are supervised as hives supervise their workers.
actor LocalHives {
    private let context: DaemonContext
    private let supervisor: Supervisor

    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameter onChange: called on the loop after every change of a hive's state, with its cause.
    init(_ context: DaemonContext, onChange: @escaping @Sendable (Supervisor.Report) -> Void) throws {
        self.context = context
        let lifecycle = try LifecycleContext(
            home: context.environment[DaemonEnvironment.home], owner: OwnerName.queen(context.id.instance), loop: context.loop)
        supervisor = Supervisor(context: lifecycle, onChange: onChange)
    }

    /// Whether this queen starts hives of this name by herself.
    nonisolated func startsByItself(_ alias: String) -> Bool {
        alias == DaemonKind.hive.defaultInstance && context.configuration[Settings.queenAutostartHive]
    }

    /// Starts a hive of this host, or finds it running, and keeps it from then on.
    func start(_ alias: String) async throws(LifecycleError) -> DaemonInfo {
        try await supervisor.want(try Self.specification(alias, context))
    }

    /// A hive that this queen looks after and that runs.
    func find(_ alias: String) async -> DaemonInfo? {
        await supervisor.reports().first { $0.id.instance == alias }?.info
    }

    /// Stops a hive of this host with its workers.
    func stop(_ alias: String) async throws -> StopReceipt {
        try await supervisor.stop(try DaemonID(kind: .hive, instance: alias), grace: context.configuration[Settings.stopGrace])
    }

    /// Takes charge of the hives that a predecessor of this queen started.
    func adopt() async throws {
        try await supervisor.adopt { [context] id in
            id.kind == .hive ? try? Self.specification(id.instance, context) : nil
        }
    }

    /// Ends: with the hives that were started here, or leaving them to whoever comes next.
    func end(cascade: Bool, within limit: Duration) async {
        if cascade { await supervisor.stopAll(within: limit) } else { await supervisor.leave() }
    }

    private static func specification(_ alias: String, _ context: DaemonContext) throws(LifecycleError) -> DaemonSpecification {
        // Without a URL a hive tells the queen of its run directory that has the usual name.
        let isUsual = context.id == .queen
        let url = PeerAddress(given: nil, otherwise: context.id, home: context.home).url
        return try HiveLifecycle.specification(instance: alias, queenURL: isUsual ? nil : url) {
            $0.startTimeout = context.configuration[Settings.startTimeout]
            $0.grace = context.configuration[Settings.stopGrace]
        }
    }
}
