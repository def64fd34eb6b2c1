/// Asks how a daemon is.
public struct StatusRequest: Codable, Hashable, Sendable {
    /// The daemon's instance: an alias, a worker's id.
    public var id: String
    /// The job whose stream hears about it.
    public var jobID: String?

    /// Makes a request.
    public init(id: String, jobID: String? = nil) {
        self.id = id
        self.jobID = jobID
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case jobID = "job_id"
    }
}

/// How a daemon is.
public struct StatusResponse: Codable, Hashable, Sendable {
    /// The daemon's instance.
    public var id: String
    /// Whether it runs.
    public var isRunning: Bool
    /// Its health in a word, if it was asked and answered.
    public var healthStatus: String?
    /// Whatever else is known, as any JSON; whole numbers of up to 64 bits are kept exactly.
    public var metadata: JSONValue?

    /// Makes a response.
    public init(id: String, isRunning: Bool, healthStatus: String? = nil, metadata: JSONValue? = nil) {
        self.id = id
        self.isRunning = isRunning
        self.healthStatus = healthStatus
        self.metadata = metadata
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case isRunning = "is_running"
        case healthStatus = "health_status"
        case metadata
    }
}

/// One daemon as `status --json` and `list --json` print it.
public struct DaemonStatusRow: Codable, Hashable, Sendable {
    /// What kind of daemon it is.
    public var kind: DaemonKind
    /// Which one of its kind.
    public var instance: String
    /// The state it is in.
    public var state: DaemonState
    /// Its process id, while it runs.
    public var pid: Int32?
    /// Where it answers over TCP, if it does.
    public var baseURL: String?
    /// The version that runs.
    public var version: String?
    /// For how long it has been running, in whole seconds.
    public var uptimeSecs: UInt64?
    /// Whether the asker owns it, and so may stop it.
    public var owned: Bool
    /// Who owns it.
    public var owner: String?
    /// Why it is in this state, where there is something to say.
    public var reason: String?

    /// Makes a row.
    public init(
        kind: DaemonKind, instance: String, state: DaemonState, pid: Int32? = nil, baseURL: String? = nil, version: String? = nil,
        uptimeSecs: UInt64? = nil, owned: Bool = false, owner: String? = nil, reason: String? = nil
    ) {
        self.kind = kind
        self.instance = instance
        self.state = state
        self.pid = pid
        self.baseURL = baseURL
        self.version = version
        self.uptimeSecs = uptimeSecs
        self.owned = owned
        self.owner = owner
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case kind, instance, state, pid, version, owned, owner, reason
        case baseURL = "base_url"
        case uptimeSecs = "uptime_secs"
    }
}

/// What `status --json` and `list --json` print: `{"daemons":[…]}`.
public struct DaemonStatusList: Codable, Hashable, Sendable {
    /// The daemons found, in the order shown.
    public var daemons: [DaemonStatusRow]

    /// Makes a list.
    public init(daemons: [DaemonStatusRow]) {
        self.daemons = daemons
    }
}
