internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import OperationContract
internal import WorkerLifecycle

extension WorkerFleet.Plan {
    /// How a worker is started.
    ///
    /// - Parameter request: what was asked for beyond the model's configuration; its values have been checked.
    func specification(
        of model: ModelConfiguration, id: DaemonID, request: WorkerSpawnRequest? = nil
    ) throws(LifecycleError) -> DaemonSpecification {
        let ttl = request?.ttlSecs.flatMap(WireSeconds.duration) ?? model.ttl
        return try WorkerLifecycle.specification(
            instance: id.instance, model: model.name, hiveURL: hiveURL, queenURL: queenURL, timeToLive: ttl
        ) {
            $0.setOption("--engine", request?.engine)
            $0.startTimeout = model.startTimeout + .seconds(5)
            $0.grace = grace
        }
    }

    /// The model that a running worker says it serves.
    func model(of id: DaemonID, context: LifecycleContext) async -> String? {
        let lifecycle = DaemonLifecycle(DaemonSpecification(id: id), context: context)
        guard let list: OpenAIModelList = try? await lifecycle.get(OpenAIPath.models) else { return nil }
        return list.data.first?.id
    }
}
