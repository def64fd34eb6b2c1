internal import DaemonContract
public import DaemonLifecycle

/// Looks after the queen: one of a run directory, on its port, without an idle clock unless it is given one.
public actor QueenLifecycle: LifecycleActor {
    public nonisolated let lifecycle: DaemonLifecycle

    /// - Parameters:
    ///   - instance: nil is the default one.
    ///   - port: nil takes the configured port, 7833 by default; 0 lets the kernel choose.
    ///   - timeToLive: how long it lives unused; zero never expires; nil takes the configured time.
    ///   - owner: in whose name it is started.
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - configure: the last word on how it is started.
    public init(
        instance: String? = nil, port: UInt16? = nil, timeToLive: Duration? = nil, owner: String, home: String? = nil,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) {
        var specification = try DaemonSpecification(kind: .queen, instance: instance)
        specification.setOption("--port", port.map { "\($0)" })
        specification.setOption("--ttl", timeToLive.map(DaemonSpecification.text))
        configure(&specification)
        lifecycle = try DaemonLifecycle(specification, owner: owner, home: home)
    }
}
