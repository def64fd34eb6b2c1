internal import DaemonContract
public import DaemonLifecycle

/// Looks after a hive: one of a host, which runs workers and tells its queen of them.
public actor HiveLifecycle: LifecycleActor {
    public nonisolated let lifecycle: DaemonLifecycle

    /// - Parameters:
    ///   - instance: the host's alias; nil is `localhost`.
    ///   - port: nil takes the configured port, 7835 by default; 0 lets the kernel choose.
    ///   - queenURL: whom it tells of itself and its workers; nil: the queen of the same run directory, when there is one.
    ///   - timeToLive: how long it lives unused; zero never expires; nil takes the configured time.
    ///   - owner: in whose name it is started.
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - configure: the last word on how it is started.
    public init(
        instance: String? = nil, port: UInt16? = nil, queenURL: String? = nil, timeToLive: Duration? = nil, owner: String,
        home: String? = nil,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) {
        let specification = try Self.specification(
            instance: instance, port: port, queenURL: queenURL, timeToLive: timeToLive, configure: configure)
        lifecycle = try DaemonLifecycle(specification, owner: owner, home: home)
    }

    /// How a hive is started, for whoever supervises one.
    public static func specification(
        instance: String? = nil, port: UInt16? = nil, queenURL: String? = nil, timeToLive: Duration? = nil,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) -> DaemonSpecification {
        var specification = try DaemonSpecification(kind: .hive, instance: instance)
        specification.setOption("--port", port.map { "\($0)" })
        specification.setOption("--queen-url", queenURL)
        specification.setOption("--ttl", timeToLive.map(DaemonSpecification.text))
        configure(&specification)
        return specification
    }
}
