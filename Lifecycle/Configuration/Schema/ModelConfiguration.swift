/// A model that can be served, and what serves it.
package struct ModelConfiguration: Hashable, Sendable {
    /// What serves a model.
    package enum Engine: String, Hashable, Sendable, CaseIterable {
        /// The small language model that is part of the worker.
        case builtin
        /// A program that speaks OpenAI's API over HTTP.
        case command
    }

    /// The name requests call it by.
    package var name: String
    /// What serves it.
    package var engine: Engine
    /// The program and its arguments; `${PORT}`, `${SOCKET}` and `${MODEL}` are filled in.
    package var command: [String]
    /// What `${MODEL}` stands for: a file, or the name the program calls it by.
    package var model: String?
    /// Variables added to the program's environment.
    package var environment: [String: String]
    /// The path that tells whether the program is ready.
    package var healthPath: String
    /// How long the program may take until it is ready.
    package var startTimeout: Duration
    /// What it computes on (`cpu`, `cuda:0`).
    package var device: String
    /// How long an unused worker of it stays; the general setting if absent.
    package var ttl: Duration?
    /// The directory the program is started in; `/` if absent.
    package var directory: String?

    /// Makes a model.
    package init(
        name: String, engine: Engine, command: [String] = [], model: String? = nil, environment: [String: String] = [:],
        healthPath: String = ModelConfiguration.defaultHealthPath, startTimeout: Duration = ModelConfiguration.defaultStartTimeout,
        device: String = "cpu", ttl: Duration? = nil, directory: String? = nil
    ) {
        self.name = name
        self.engine = engine
        self.command = command
        self.model = model
        self.environment = environment
        self.healthPath = healthPath
        self.startTimeout = startTimeout
        self.device = device
        self.ttl = ttl
        self.directory = directory
    }

    /// The path that is asked when none is configured.
    package static let defaultHealthPath = "/health"
    /// How long a program may take when nothing is configured: models are large.
    package static let defaultStartTimeout: Duration = .seconds(120)
}

/// The models that can be served, by name.
package struct ModelTable: Hashable, Sendable {
    /// The models, sorted by name.
    package private(set) var models: [ModelConfiguration]

    /// Makes a table; of models of the same name the last one counts. The built-in one is always there, unless another has its name.
    package init(_ models: [ModelConfiguration]) {
        var byName = [Self.builtinModel.name: Self.builtinModel]
        for model in models { byName[model.name] = model }
        self.models = byName.values.sorted { $0.name < $1.name }
    }

    /// The model of a name, or nil if there is none.
    package subscript(_ name: String) -> ModelConfiguration? {
        models.first { $0.name == name }
    }

    /// The model that needs nothing.
    package static let builtinModel = ModelConfiguration(name: "builtin", engine: .builtin)
    /// The table that has only that one.
    package static let builtin = ModelTable([])
}
