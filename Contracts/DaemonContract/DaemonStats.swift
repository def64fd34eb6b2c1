/// What a daemon has done and holds: the answer of `GET /v1/stats`.
public struct DaemonStats: Codable, Hashable, Sendable {
    /// For how long it has been running, in whole seconds.
    public var uptimeSecs: UInt64
    /// Requests answered since it started.
    public var requests: UInt64
    /// Requests being answered now.
    public var inFlight: Int
    /// Connections open now, over TCP and the control socket.
    public var connections: Int
    /// How long it stays without being used, in seconds; 0 means for ever.
    public var ttlSecs: Double
    /// How much of that is left, in seconds; absent while something keeps it or when it stays for ever.
    public var ttlRemainingSecs: Double?
    /// Leases that keep it now.
    public var leases: Int
    /// Resident memory, in bytes.
    public var rssBytes: UInt64
    /// Resident memory with shared pages counted in proportion, in bytes; absent where the system does not tell.
    public var pssBytes: UInt64?
    /// Open descriptors.
    public var descriptors: Int
    /// Threads.
    public var threads: Int

    /// Makes stats.
    public init(
        uptimeSecs: UInt64, requests: UInt64, inFlight: Int, connections: Int, ttlSecs: Double, ttlRemainingSecs: Double? = nil,
        leases: Int,
        rssBytes: UInt64, pssBytes: UInt64? = nil, descriptors: Int, threads: Int
    ) {
        self.uptimeSecs = uptimeSecs
        self.requests = requests
        self.inFlight = inFlight
        self.connections = connections
        self.ttlSecs = ttlSecs
        self.ttlRemainingSecs = ttlRemainingSecs
        self.leases = leases
        self.rssBytes = rssBytes
        self.pssBytes = pssBytes
        self.descriptors = descriptors
        self.threads = threads
    }

    private enum CodingKeys: String, CodingKey {
        case requests, connections, leases, descriptors, threads
        case uptimeSecs = "uptime_secs"
        case inFlight = "in_flight"
        case ttlSecs = "ttl_secs"
        case ttlRemainingSecs = "ttl_remaining_secs"
        case rssBytes = "rss_bytes"
        case pssBytes = "pss_bytes"
    }
}
