/// What the holder of a daemon's lock writes about itself: `run/<kind>/<instance>.json`.
///
/// A record whose nonce is not the lock line's is history: it tells of an earlier process.
public struct DaemonRecord: Codable, Hashable, Sendable {
    /// What kind of daemon it is.
    public var kind: DaemonKind
    /// Which one of its kind.
    public var instance: String
    /// The 128 random bits drawn for this start, as 32 lowercase hex digits.
    public var nonce: String
    /// Its process id.
    public var pid: Int32
    /// When the process started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    public var startTicks: UInt64
    /// The boot it belongs to.
    public var bootID: String
    /// The inode of its pid namespace.
    public var pidNamespace: UInt64
    /// Who owns it; absent for one started by hand.
    public var owner: String?
    /// The state it was in when it wrote this.
    public var state: DaemonState
    /// Where it answers over TCP; absent if it does not, or not yet.
    public var baseURL: String?
    /// The TCP port really bound; absent if there is none.
    public var port: UInt16?
    /// The path of its control socket.
    public var socket: String
    /// The version it was built as.
    public var version: String
    /// The identity of the binary that runs.
    public var buildID: String
    /// The version of the protocol it speaks.
    public var protocolVersion: Int
    /// How long it stays without being used, in seconds; 0 means for ever.
    public var ttlSecs: Double
    /// How long it may drain when told to stop, in milliseconds.
    public var graceMs: Int
    /// When it started: whole seconds since 1970-01-01 00:00 UTC.
    public var startedAt: UInt64

    /// Makes a record.
    public init(
        kind: DaemonKind, instance: String, nonce: String, pid: Int32, startTicks: UInt64, bootID: String, pidNamespace: UInt64,
        owner: String? = nil, state: DaemonState, baseURL: String? = nil, port: UInt16? = nil, socket: String,
        version: String = RbeeVersion.current, buildID: String, protocolVersion: Int = ProtocolVersion.current, ttlSecs: Double,
        graceMs: Int, startedAt: UInt64
    ) {
        self.kind = kind
        self.instance = instance
        self.nonce = nonce
        self.pid = pid
        self.startTicks = startTicks
        self.bootID = bootID
        self.pidNamespace = pidNamespace
        self.owner = owner
        self.state = state
        self.baseURL = baseURL
        self.port = port
        self.socket = socket
        self.version = version
        self.buildID = buildID
        self.protocolVersion = protocolVersion
        self.ttlSecs = ttlSecs
        self.graceMs = graceMs
        self.startedAt = startedAt
    }

    private enum CodingKeys: String, CodingKey {
        case kind, instance, nonce, pid, owner, state, port, socket, version
        case startTicks = "start_ticks"
        case bootID = "boot_id"
        case pidNamespace = "pid_ns"
        case baseURL = "base_url"
        case buildID = "build_id"
        case protocolVersion = "protocol"
        case ttlSecs = "ttl_secs"
        case graceMs = "grace_ms"
        case startedAt = "started_at"
    }
}

/// How the last process of a daemon ended: `run/<kind>/<instance>.last.json`. Its shepherd writes it, unless the daemon has done so itself: when
/// it has served and ends well, or breaks and has no shepherd any more.
public struct LastEnd: Codable, Hashable, Sendable {
    /// The nonce of the start that ended.
    public var nonce: String
    /// Its process id.
    public var pid: Int32
    /// The status it exited with; absent if a signal ended it.
    public var exit: Int32?
    /// The signal that ended it; absent if it exited.
    public var signal: Int32?
    /// The end of what it wrote to its standard streams, 64 KiB at most.
    public var output: String
    /// When it ended: whole seconds since 1970-01-01 00:00 UTC.
    public var endedAt: UInt64
    /// Whether it is known to have been ready: then this is not how a start has failed. Absent where nobody knows.
    public var served: Bool?

    /// Makes an end.
    public init(
        nonce: String, pid: Int32, exit: Int32? = nil, signal: Int32? = nil, output: String, endedAt: UInt64, served: Bool? = nil
    ) {
        self.nonce = nonce
        self.pid = pid
        self.exit = exit
        self.signal = signal
        self.output = output
        self.endedAt = endedAt
        self.served = served
    }

    private enum CodingKeys: String, CodingKey {
        case nonce, pid, exit, signal, output, served
        case endedAt = "ended_at"
    }
}
