internal import Configuration
internal import DaemonLifecycle

/// Turns a configuration into what is started.
struct EngineLaunchPlan {
    /// Variables that tell a daemon who it is; an engine is none. `RBEE_NONCE` stays: by it the engine is found as part of the
    /// worker's tree, whatever became of its parents.
    private static let ownVariables: Set<String> = ["RBEE_LOCK_FD", "RBEE_OWNER", "NOTIFY_SOCKET"]

    let configuration: EngineConfiguration
    let environment: [String: String]

    /// - Parameters:
    ///   - environment: the worker's own.
    init(configuration: EngineConfiguration, environment: [String: String]) {
        self.configuration = configuration
        self.environment = environment
    }

    /// What to start for an engine that is to listen here.
    func launch(at endpoint: EngineEndpoint) throws(EngineError) -> EngineLaunch {
        var values = ["MODEL": configuration.model ?? configuration.name]
        switch endpoint {
        case .port(let port): values["PORT"] = String(port)
        case .socket(let path): values["SOCKET"] = path
        }
        let template = CommandTemplate(values: values)
        var arguments: [String] = []
        for argument in configuration.command { arguments.append(try template.expand(argument)) }
        guard let program = arguments.first, !program.isEmpty else {
            throw EngineError(
                .misconfigured, "the engine of \(configuration.name) has no command; configure models.\(configuration.name).command")
        }
        var environment = environment.filter { !Self.ownVariables.contains($0.key) }
        for (key, value) in configuration.environment { environment[key] = try template.expand(value) }
        let executable: String
        do throws(ProgramPath.Missing) {
            executable = try ProgramPath.find(program, path: environment["PATH"])
        } catch {
            throw EngineError(.misconfigured, "the engine of \(configuration.name): \(error)")
        }
        return EngineLaunch(executable: executable, arguments: arguments, environment: environment, directory: configuration.directory)
    }
}
