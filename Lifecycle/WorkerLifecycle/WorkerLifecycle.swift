internal import DaemonContract
public import DaemonLifecycle

/// Looks after a worker: one inference engine with one model, behind OpenAI's endpoints.
public actor WorkerLifecycle: LifecycleActor {
    public nonisolated let lifecycle: DaemonLifecycle

    /// - Parameters:
    ///   - instance: nil is the first one of the model, `<model>-1`.
    ///   - model: a model of the configuration, or `builtin`.
    ///   - hiveURL: the hive that runs it; nil: none, it stands alone.
    ///   - queenURL: whom it tells of itself; nil: nobody.
    ///   - timeToLive: how long it lives unused; zero never expires; nil takes the configured time, 5 minutes by default.
    ///   - owner: in whose name it is started.
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - configure: the last word on how it is started.
    public init(
        instance: String? = nil, model: String, hiveURL: String? = nil, queenURL: String? = nil, timeToLive: Duration? = nil, owner: String,
        home: String? = nil, configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) {
        let specification = try Self.specification(
            instance: instance, model: model, hiveURL: hiveURL, queenURL: queenURL, timeToLive: timeToLive, configure: configure)
        lifecycle = try DaemonLifecycle(specification, owner: owner, home: home)
    }

    /// How a worker is started, for whoever supervises one.
    public static func specification(
        instance: String? = nil, model: String, hiveURL: String? = nil, queenURL: String? = nil, timeToLive: Duration? = nil,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) -> DaemonSpecification {
        var specification = try DaemonSpecification(kind: .worker, instance: instance ?? Self.instance(of: model, number: 1))
        specification.setOption("--model", model)
        specification.setOption("--hive-url", hiveURL)
        specification.setOption("--queen-url", queenURL)
        specification.setOption("--ttl", timeToLive.map(DaemonSpecification.text))
        configure(&specification)
        return specification
    }

    /// The name of a model's first, second … worker.
    public static func instance(of model: String, number: Int) -> String {
        "\(InstanceName.slug(of: model))-\(number)"
    }
}
