/// Who a daemon is: the answer of `GET /v1/info`, and what a client compares to know that it speaks with the right one.
public struct DaemonInfo: Codable, Hashable, Sendable {
    /// The binary's name (`queen-rbee`).
    public var name: String
    /// What kind of daemon it is.
    public var kind: DaemonKind
    /// Which one of its kind.
    public var instance: String
    /// The 128 random bits drawn for this start, as 32 lowercase hex digits.
    public var nonce: String
    /// Its process id, as the daemon itself sees it.
    public var pid: Int32
    /// The version it was built as.
    public var version: String
    /// The identity of the binary that runs.
    public var buildID: String
    /// The version of the protocol it speaks (see ``ProtocolVersion``).
    public var protocolVersion: Int
    /// Where it answers over TCP, with the port really bound; absent if it does not.
    public var baseURL: String?
    /// The TCP port really bound; absent if there is none.
    public var port: UInt16?
    /// The path of its control socket.
    public var socket: String?
    /// Who owns it; absent for one started by hand.
    public var owner: String?
    /// When it started: whole seconds since 1970-01-01 00:00 UTC.
    public var startedAt: UInt64

    /// Makes an info.
    /// How far it is, by its own word: `starting`, `ready`, `degraded` or `draining`.
    public var state: DaemonState?

    public init(
        name: String, kind: DaemonKind, instance: String, nonce: String, pid: Int32, version: String = RbeeVersion.current, buildID: String,
        protocolVersion: Int = ProtocolVersion.current, baseURL: String? = nil, port: UInt16? = nil, socket: String? = nil,
        owner: String? = nil, startedAt: UInt64, state: DaemonState? = nil
    ) {
        self.name = name
        self.kind = kind
        self.instance = instance
        self.nonce = nonce
        self.pid = pid
        self.version = version
        self.buildID = buildID
        self.protocolVersion = protocolVersion
        self.baseURL = baseURL
        self.port = port
        self.socket = socket
        self.owner = owner
        self.startedAt = startedAt
        self.state = state
    }

    private enum CodingKeys: String, CodingKey {
        case name, kind, instance, nonce, pid, version, port, socket, owner, state
        case buildID = "build_id"
        case protocolVersion = "protocol"
        case baseURL = "base_url"
        case startedAt = "started_at"
    }
}

/// The version of the protocol between daemons and their clients.
public enum ProtocolVersion {
    /// The version spoken here. It changes only when an older client could misunderstand.
    public static let current = 1
}

/// The version of rbee.
public enum RbeeVersion {
    /// The version of this build.
    public static let current = "0.1.0"
}
