package import DaemonContract

/// What is particular to one daemon. Everything else, the runtime does.
///
/// Usually an actor whose executor is the loop of its context, so that requests are handled where they arrive.
package protocol DaemonService: Sendable {
    /// Adds its endpoints. Called once, before `start`.
    func routes(_ router: inout Router)

    /// Comes up. Meanwhile the daemon answers its common endpoints, `/health` with 503; when this returns it is ready.
    ///
    /// Cancelled when the daemon is told to end before it is up. A start that takes long says so through ``DaemonContext/extendStart(by:_:)``.
    ///
    /// - Throws: why it does not come up. The daemon exits with the code of a ``StartError``, 70 for anything else.
    func start() async throws

    /// How well it is, while it is ready. Asked for each `/health`.
    func health() async -> HealthStatus

    /// What it counts, for `/metrics`.
    func metrics() async -> [Metric]

    /// Closes: nothing is in flight any more, or what is was cancelled.
    ///
    /// Also called when `start` failed or was cancelled.
    ///
    /// - Parameters:
    ///   - cascade: take down what it owns, in reverse order. Otherwise that is left for the next one to adopt.
    ///   - limit: how long it has; then the process ends.
    func drain(cascade: Bool, within limit: Duration) async
}

extension DaemonService {
    package func routes(_ router: inout Router) {}
    package func start() async throws {}
    package func health() async -> HealthStatus { .healthy }
    package func metrics() async -> [Metric] { [] }
    package func drain(cascade: Bool, within limit: Duration) async {}
}
