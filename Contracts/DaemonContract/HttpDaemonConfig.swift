/// How to start, watch and stop a daemon that answers over HTTP.
///
/// The union of every published shape of this record: only name and health URL are required, what is absent is left out.
public struct HttpDaemonConfig: Codable, Hashable, Sendable {
    /// The tries a start makes before it gives up, when the configuration names none.
    public static let defaultMaxHealthAttempts: UInt64 = 10
    /// The wait before the second try in milliseconds, when the configuration names none.
    public static let defaultHealthInitialDelayMs: UInt64 = 200
    /// The seconds a daemon gets to end by itself, when the configuration names none.
    public static let defaultGracefulTimeoutSecs: UInt64 = 5

    /// The daemon's name.
    public var daemonName: String
    /// Where it answers: a base or a full URL (see ``HealthURL``), kept as given.
    public var healthURL: String
    /// The path that asks it to end; `/v1/shutdown` when absent.
    public var shutdownEndpoint: String?
    /// The job whose stream hears about it.
    public var jobID: String?
    /// The binary to start; looked for by name when absent.
    public var binaryPath: String?
    /// The arguments to start it with. An empty list is omitted on the wire.
    public var args: [String]
    /// How often health is asked before a start fails.
    public var maxHealthAttempts: UInt64?
    /// The wait before the second try, in milliseconds.
    public var healthInitialDelayMs: UInt64?
    /// The running process, where it is known.
    public var pid: UInt32?
    /// How long the daemon gets to end by itself, in seconds.
    public var gracefulTimeoutSecs: UInt64?
    /// The group under which its resources are watched.
    public var monitorGroup: String?
    /// Its name within that group.
    public var monitorInstance: String?

    /// Makes a configuration.
    public init(
        daemonName: String, healthURL: String, shutdownEndpoint: String? = nil, jobID: String? = nil, binaryPath: String? = nil,
        args: [String] = [], maxHealthAttempts: UInt64? = nil, healthInitialDelayMs: UInt64? = nil, pid: UInt32? = nil,
        gracefulTimeoutSecs: UInt64? = nil, monitorGroup: String? = nil, monitorInstance: String? = nil
    ) {
        self.daemonName = daemonName
        self.healthURL = healthURL
        self.shutdownEndpoint = shutdownEndpoint
        self.jobID = jobID
        self.binaryPath = binaryPath
        self.args = args
        self.maxHealthAttempts = maxHealthAttempts
        self.healthInitialDelayMs = healthInitialDelayMs
        self.pid = pid
        self.gracefulTimeoutSecs = gracefulTimeoutSecs
        self.monitorGroup = monitorGroup
        self.monitorInstance = monitorInstance
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        daemonName = try fields.decode(String.self, forKey: .daemonName)
        healthURL = try fields.decode(String.self, forKey: .healthURL)
        shutdownEndpoint = try fields.decodeIfPresent(String.self, forKey: .shutdownEndpoint)
        jobID = try fields.decodeIfPresent(String.self, forKey: .jobID)
        binaryPath = try fields.decodeIfPresent(String.self, forKey: .binaryPath)
        args = try fields.decodeIfPresent([String].self, forKey: .args) ?? []
        maxHealthAttempts = try fields.decodeIfPresent(UInt64.self, forKey: .maxHealthAttempts)
        healthInitialDelayMs = try fields.decodeIfPresent(UInt64.self, forKey: .healthInitialDelayMs)
        pid = try fields.decodeIfPresent(UInt32.self, forKey: .pid)
        gracefulTimeoutSecs = try fields.decodeIfPresent(UInt64.self, forKey: .gracefulTimeoutSecs)
        monitorGroup = try fields.decodeIfPresent(String.self, forKey: .monitorGroup)
        monitorInstance = try fields.decodeIfPresent(String.self, forKey: .monitorInstance)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(daemonName, forKey: .daemonName)
        try fields.encode(healthURL, forKey: .healthURL)
        try fields.encodeIfPresent(shutdownEndpoint, forKey: .shutdownEndpoint)
        try fields.encodeIfPresent(jobID, forKey: .jobID)
        try fields.encodeIfPresent(binaryPath, forKey: .binaryPath)
        if !args.isEmpty { try fields.encode(args, forKey: .args) }
        try fields.encodeIfPresent(maxHealthAttempts, forKey: .maxHealthAttempts)
        try fields.encodeIfPresent(healthInitialDelayMs, forKey: .healthInitialDelayMs)
        try fields.encodeIfPresent(pid, forKey: .pid)
        try fields.encodeIfPresent(gracefulTimeoutSecs, forKey: .gracefulTimeoutSecs)
        try fields.encodeIfPresent(monitorGroup, forKey: .monitorGroup)
        try fields.encodeIfPresent(monitorInstance, forKey: .monitorInstance)
    }

    private enum CodingKeys: String, CodingKey {
        case daemonName = "daemon_name"
        case healthURL = "health_url"
        case shutdownEndpoint = "shutdown_endpoint"
        case jobID = "job_id"
        case binaryPath = "binary_path"
        case args
        case maxHealthAttempts = "max_health_attempts"
        case healthInitialDelayMs = "health_initial_delay_ms"
        case pid
        case gracefulTimeoutSecs = "graceful_timeout_secs"
        case monitorGroup = "monitor_group"
        case monitorInstance = "monitor_instance"
    }
}
