/// How to end one process.
public struct ShutdownConfig: Codable, Hashable, Sendable {
    /// The seconds a daemon gets to end by itself when the sender named none.
    public static let defaultGracefulTimeoutSecs: UInt64 = 5

    /// The daemon's name.
    public var daemonName: String
    /// The process to end.
    public var pid: UInt32
    /// How long it gets to end by itself, in seconds; 0 gives it no time. Always written, 5 when read without it.
    public var gracefulTimeoutSecs: UInt64
    /// The job whose stream hears about it.
    public var jobID: String?

    /// Makes a configuration.
    public init(
        daemonName: String, pid: UInt32, gracefulTimeoutSecs: UInt64 = ShutdownConfig.defaultGracefulTimeoutSecs, jobID: String? = nil
    ) {
        self.daemonName = daemonName
        self.pid = pid
        self.gracefulTimeoutSecs = gracefulTimeoutSecs
        self.jobID = jobID
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        daemonName = try fields.decode(String.self, forKey: .daemonName)
        pid = try fields.decode(UInt32.self, forKey: .pid)
        gracefulTimeoutSecs = try fields.decodeIfPresent(UInt64.self, forKey: .gracefulTimeoutSecs) ?? Self.defaultGracefulTimeoutSecs
        jobID = try fields.decodeIfPresent(String.self, forKey: .jobID)
    }

    private enum CodingKeys: String, CodingKey {
        case daemonName = "daemon_name"
        case pid
        case gracefulTimeoutSecs = "graceful_timeout_secs"
        case jobID = "job_id"
    }
}

/// The body of `POST /v1/shutdown`. An empty body means the same as an empty object.
public struct ShutdownRequest: Codable, Hashable, Sendable {
    /// Whether the daemon also stops what it owns; yes when absent.
    public var cascade: Bool?
    /// How long the daemon may finish what is in flight, in milliseconds; its configured grace when absent.
    public var graceMs: Int?
    /// Which run of the daemon is meant: another one refuses with 409. Whichever is asked when absent.
    public var nonce: String?

    /// Makes a request.
    public init(cascade: Bool? = nil, graceMs: Int? = nil, nonce: String? = nil) {
        self.cascade = cascade
        self.graceMs = graceMs
        self.nonce = nonce
    }

    private enum CodingKeys: String, CodingKey {
        case cascade
        case graceMs = "grace_ms"
        case nonce
    }
}

/// The answer to `POST /v1/shutdown`: the daemon has begun to drain.
public struct ShutdownReply: Codable, Hashable, Sendable {
    /// `draining`.
    public var status: String

    /// Makes a reply.
    public init(status: String = "draining") {
        self.status = status
    }
}
