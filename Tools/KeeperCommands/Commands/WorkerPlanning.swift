internal import DaemonContract

/// Makes plans for workers from what was typed.
enum WorkerPlanning {
    /// The model that needs no engine configured.
    static let builtin = "builtin"

    /// The configured model, for whoever names none.
    static let key = "worker.model"

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

extension KeeperContext {
    /// The model that the option names, or else the configured one.
    func model(_ option: OptionSpec) throws -> String {
        if let named = arguments.text(option) {
            guard !named.isEmpty else {
                throw KeeperError(
                    .usage, "--model '': expected the name of a model", next: ["rbee-keeper config get \(WorkerPlanning.key)"], exit: .usage
                )
            }
            return named
        }
        guard let configured = try settings().entry(WorkerPlanning.key)?.value, !configured.isEmpty else {
            throw KeeperError(
                .usage, "--model is missing, and \(WorkerPlanning.key) is empty",
                next: ["rbee-keeper config set \(WorkerPlanning.key) \(WorkerPlanning.builtin)"], exit: .usage)
        }
        return configured
    }
}
