internal import DaemonContract

/// Makes plans for workers from what was typed.
enum WorkerPlanning {
    /// The model that needs no engine configured.
    static let builtin = "builtin"

    /// A worker for a model; its name comes from the model's unless one is given.
    static func plan(model: String, instance: String? = nil, engine: String? = nil, engineConfig: String? = nil) throws -> StartPlan {
        guard !model.isEmpty else {
            throw KeeperError(.usage, "--model '': expected the name of a model", next: ["rbee-keeper worker start --help"], exit: .usage)
        }
        var plan = StartPlan(try DaemonID(kind: .worker, instance: instance ?? InstanceName.slug(of: model) + "-1"))
        plan.worker = WorkerPlan(model: model, engine: engine, engineConfig: engineConfig)
        return plan
    }
}
