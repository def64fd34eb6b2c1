/// What a client asks of the context daemon. On the wire a map with the key `action`, or a list that begins with the action's name and
/// goes on with the fields in the order of their declaration here.
public enum ContextRequest: Hashable, Sendable {
    /// Whether the project at `cwd` is known.
    case checkInit(cwd: String)
    /// Make the project at `cwd` known: scan it, or with `asyncMode` answer first and scan in the background.
    case initProject(cwd: String, asyncMode: Bool)
    /// What there is to know about the project, as markdown.
    case getContext(cwd: String, prompt: String?)
    /// Compute ahead what `getContext` will be asked for. Only acknowledged.
    case prepareContext(cwd: String, prompt: String?)
    /// A file has changed. Only acknowledged.
    case notifyFileChange(cwd: String, path: String, changeType: FileChange)
    /// Keep what an agent has learnt. Only acknowledged.
    case graftExperience(cwd: String, experience: Experience)
    /// How the daemon is.
    case status
    /// End, after what is in flight.
    case shutdown
    /// Whether the daemon answers.
    case ping

    /// Its name on the wire.
    public var action: ContextAction {
        switch self {
        case .checkInit: .checkInit
        case .initProject: .initProject
        case .getContext: .getContext
        case .prepareContext: .prepareContext
        case .notifyFileChange: .notifyFileChange
        case .graftExperience: .graftExperience
        case .status: .status
        case .shutdown: .shutdown
        case .ping: .ping
        }
    }
}

/// The names of the requests.
public enum ContextAction: String, Codable, CaseIterable, Hashable, Sendable {
    case checkInit = "check_init"
    case initProject = "init_project"
    case getContext = "get_context"
    case prepareContext = "prepare_context"
    case notifyFileChange = "notify_file_change"
    case graftExperience = "graft_experience"
    case status
    case shutdown
    case ping
}

/// How a file has changed.
public enum FileChange: String, Codable, Hashable, Sendable {
    case created, modified, deleted
}

// MARK: - The wire

extension ContextRequest: Codable {
    // The order of the cases is the order in a list.
    private enum ActionKey: String, CodingKey { case action }
    private enum PlaceKeys: String, CodingKey, CaseIterable { case action, cwd }
    private enum PromptKeys: String, CodingKey, CaseIterable { case action, cwd, prompt }
    private enum GraftKeys: String, CodingKey, CaseIterable { case action, cwd, experience }
    private enum BareKeys: String, CodingKey, CaseIterable { case action }
    private enum InitKeys: String, CodingKey, CaseIterable {
        case action, cwd
        case asyncMode = "async_mode"
    }
    private enum NotifyKeys: String, CodingKey, CaseIterable {
        case action, cwd, path
        case changeType = "change_type"
    }

    /// Reads a request.
    public init(from decoder: any Decoder) throws {
        switch try Self.action(decoder) {
        case .checkInit:
            self = .checkInit(cwd: try decoder.container(keyedBy: PlaceKeys.self).decode(String.self, forKey: .cwd))
        case .initProject:
            let fields = try decoder.container(keyedBy: InitKeys.self)
            self = .initProject(
                cwd: try fields.decode(String.self, forKey: .cwd),
                asyncMode: try fields.decodeIfPresent(Bool.self, forKey: .asyncMode) ?? false)
        case .getContext:
            let fields = try decoder.container(keyedBy: PromptKeys.self)
            self = .getContext(
                cwd: try fields.decode(String.self, forKey: .cwd), prompt: try fields.decodeIfPresent(String.self, forKey: .prompt))
        case .prepareContext:
            let fields = try decoder.container(keyedBy: PromptKeys.self)
            self = .prepareContext(
                cwd: try fields.decode(String.self, forKey: .cwd), prompt: try fields.decodeIfPresent(String.self, forKey: .prompt))
        case .notifyFileChange:
            let fields = try decoder.container(keyedBy: NotifyKeys.self)
            self = .notifyFileChange(
                cwd: try fields.decode(String.self, forKey: .cwd), path: try fields.decode(String.self, forKey: .path),
                changeType: try fields.decode(FileChange.self, forKey: .changeType))
        case .graftExperience:
            let fields = try decoder.container(keyedBy: GraftKeys.self)
            self = .graftExperience(
                cwd: try fields.decode(String.self, forKey: .cwd), experience: try fields.decode(Experience.self, forKey: .experience))
        case .status: self = try Self.bare(.status, decoder)
        case .shutdown: self = try Self.bare(.shutdown, decoder)
        case .ping: self = try Self.bare(.ping, decoder)
        }
    }

    /// The container checks that a list has no more elements than the action has fields.
    private static func bare(_ request: ContextRequest, _ decoder: any Decoder) throws -> ContextRequest {
        _ = try decoder.container(keyedBy: BareKeys.self)
        return request
    }

    private static func action(_ decoder: any Decoder) throws -> ContextAction {
        let name: String
        // Maps first: almost all are, and a refusal costs more than the whole rest.
        if let fields = try? decoder.container(keyedBy: ActionKey.self) {
            name = try fields.decode(String.self, forKey: .action)
        } else {
            var list = try decoder.unkeyedContainer()
            name = try list.decode(String.self)
        }
        guard let action = ContextAction(rawValue: name) else {
            let known = ContextAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription: "unknown action \(String(name.prefix(100)).debugDescription); known are \(known)"))
        }
        return action
    }

    /// Writes the request as a map.
    public func encode(to encoder: any Encoder) throws {
        var head = encoder.container(keyedBy: ActionKey.self)
        try head.encode(action.rawValue, forKey: .action)
        switch self {
        case .checkInit(let cwd):
            var fields = encoder.container(keyedBy: PlaceKeys.self)
            try fields.encode(cwd, forKey: .cwd)
        case .initProject(let cwd, let asyncMode):
            var fields = encoder.container(keyedBy: InitKeys.self)
            try fields.encode(cwd, forKey: .cwd)
            try fields.encode(asyncMode, forKey: .asyncMode)
        case .getContext(let cwd, let prompt), .prepareContext(let cwd, let prompt):
            var fields = encoder.container(keyedBy: PromptKeys.self)
            try fields.encode(cwd, forKey: .cwd)
            try fields.encode(prompt, forKey: .prompt)
        case .notifyFileChange(let cwd, let path, let changeType):
            var fields = encoder.container(keyedBy: NotifyKeys.self)
            try fields.encode(cwd, forKey: .cwd)
            try fields.encode(path, forKey: .path)
            try fields.encode(changeType, forKey: .changeType)
        case .graftExperience(let cwd, let experience):
            var fields = encoder.container(keyedBy: GraftKeys.self)
            try fields.encode(cwd, forKey: .cwd)
            try fields.encode(experience, forKey: .experience)
        case .status, .shutdown, .ping:
            break
        }
    }
}
