internal import Configuration
internal import Glibc

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
        return EngineLaunch(
            executable: try find(program, path: environment["PATH"]),
            arguments: arguments,
            environment: environment,
            directory: configuration.directory
        )
    }

    /// The absolute path of a program, which like in a shell may be a bare name in `PATH`.
    private func find(_ program: String, path: String?) throws(EngineError) -> String {
        if program.hasPrefix("/") {
            guard access(program, X_OK) == 0 else {
                let why = errno == ENOENT ? "does not exist" : "cannot be executed"
                throw EngineError(.misconfigured, "the program \(program) of the engine of \(configuration.name) \(why)")
            }
            return program
        }
        guard !program.contains("/") else {
            throw EngineError(
                .misconfigured,
                "the program \(program) of the engine of \(configuration.name) must be an absolute path or a name in PATH: engines do not run "
                    + "in your working directory"
            )
        }
        let folders = (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").filter { $0.hasPrefix("/") }
        for folder in folders {
            let candidate = "\(folder)/\(program)"
            var about = stat()
            if access(candidate, X_OK) == 0, stat(candidate, &about) == 0, about.st_mode & S_IFMT == S_IFREG { return candidate }
        }
        throw EngineError(
            .misconfigured,
            "no program \(program) for the engine of \(configuration.name) in \(folders.joined(separator: ", ")); configure its absolute path"
        )
    }
}
