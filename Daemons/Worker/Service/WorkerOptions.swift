package import Configuration
package import DaemonRuntime
package import HTTP

/// What a worker is told on its command line.
package struct WorkerOptions: Sendable, Hashable {
    /// The options besides those of every daemon.
    package static let options: [CommandOption] = [
        CommandOption("--model", value: "NAME", "the model to serve (builtin)"),
        CommandOption("--engine", value: "ENGINE", "builtin or command; as the model is configured if absent"),
        CommandOption("--engine-config", value: "NAME", "the entry below models: in the configuration; the model's own if absent"),
        CommandOption("--hive-url", value: "URL", "the hive to send heartbeats to"),
        CommandOption("--queen-url", value: "URL", "the queen to send heartbeats to"),
    ]

    /// The name under which the model is served.
    package var model: String
    /// What serves it; nil: as it is configured.
    package var engine: ModelConfiguration.Engine?
    /// The name of its configuration.
    package var configurationName: String
    /// Where the hive answers.
    package var hive: HTTPEndpoint?
    /// Where the queen answers.
    package var queen: HTTPEndpoint?

    /// Reads the command line.
    package init(_ arguments: CommandArguments) throws(UsageError) {
        model = arguments.value("--model") ?? ModelTable.builtinModel.name
        guard (1...512).contains(model.utf8.count) else { throw UsageError("--model: expected a name of 1 to 512 bytes") }
        configurationName = arguments.value("--engine-config") ?? model
        engine = nil
        if let text = arguments.value("--engine") {
            guard let known = ModelConfiguration.Engine(rawValue: text) else {
                let words = ModelConfiguration.Engine.allCases.map(\.rawValue).joined(separator: " or ")
                throw UsageError("--engine: \"\(text)\" is no engine: expected \(words)")
            }
            engine = known
        }
        hive = try Self.address("--hive-url", arguments)
        queen = try Self.address("--queen-url", arguments)
    }

    /// What to serve, by these options and the configuration.
    ///
    /// - Throws: `StartError` (78) when the model has no configuration that could serve it.
    package func configuration(in table: ModelTable) throws(StartError) -> ModelConfiguration {
        let entry = table[configurationName]
        var found: ModelConfiguration
        switch (engine, entry) {
        case (.builtin?, _):
            found = ModelConfiguration(name: model, engine: .builtin)
        case (.command?, let entry?) where entry.engine == .command, (nil, let entry?):
            found = entry
        case (.command?, _?):
            throw StartError(
                .configuration, "models.\(configurationName) is not of the engine command; give it a command in the configuration")
        case (_, nil):
            throw StartError(
                .configuration,
                "no model \(configurationName) is configured; give models.\(configurationName) a command in the configuration, or serve builtin"
            )
        }
        found.name = configurationName
        return found
    }

    private static func address(_ option: String, _ arguments: CommandArguments) throws(UsageError) -> HTTPEndpoint? {
        guard let text = arguments.value(option), !text.isEmpty else { return nil }
        guard let endpoint = HTTPEndpoint(url: text) else {
            throw UsageError(
                "\(option): \"\(text)\" is no URL of a daemon: expected one like http://127.0.0.1:7833 or unix:///path/to/socket")
        }
        return endpoint
    }
}
