public import DaemonContract

/// A hive as it describes itself.
public struct HiveInfo: Codable, Hashable, Sendable {
    /// Its id, which is its instance's name.
    public var id: String
    /// The machine it runs on, as others reach it.
    public var hostname: String
    /// The TCP port it listens on.
    public var port: UInt16
    /// The state it is in.
    public var operationalStatus: OperationalStatus
    /// How well it is.
    public var healthStatus: HealthStatus
    /// Its version.
    public var version: String
    /// Where it answers; `http://{hostname}:{port}` when absent.
    public var baseURL: String?
    /// How long ago it or anything it owns was last used, in seconds by its own clock.
    public var lastUsedSecsAgo: Double?

    /// Makes an info.
    public init(
        id: String, hostname: String, port: UInt16, operationalStatus: OperationalStatus, healthStatus: HealthStatus, version: String,
        baseURL: String? = nil, lastUsedSecsAgo: Double? = nil
    ) {
        self.id = id
        self.hostname = hostname
        self.port = port
        self.operationalStatus = operationalStatus
        self.healthStatus = healthStatus
        self.version = version
        self.baseURL = baseURL
        self.lastUsedSecsAgo = lastUsedSecsAgo
    }

    /// Where it answers.
    public var url: String { baseURL ?? "http://\(hostname):\(port)" }

    /// Whether it can be asked to do something: ready or busy, and not unhealthy.
    public var isAvailable: Bool { operationalStatus.takesRequests && healthStatus.isOperational }

    /// Whether all is well with it: ready and healthy.
    public var isReady: Bool { operationalStatus == .ready && healthStatus == .healthy }

    private enum CodingKeys: String, CodingKey {
        case id, hostname, port, version
        case operationalStatus = "operational_status"
        case healthStatus = "health_status"
        case baseURL = "base_url"
        case lastUsedSecsAgo = "last_used_secs_ago"
    }
}

/// That a hive lives: the body of `POST /v1/hive-heartbeat`.
public struct HiveHeartbeat: Codable, Hashable, Sendable {
    /// The hive.
    public var hive: HiveInfo
    /// When it said so, by its own clock.
    public var timestamp: HeartbeatTimestamp
    /// What its worker processes take up. Always written; empty when read without it.
    public var workers: [ProcessStats]
    /// Its devices, where it tells them along.
    public var capabilities: [HiveDevice]?

    /// Makes a heartbeat.
    public init(hive: HiveInfo, timestamp: HeartbeatTimestamp, workers: [ProcessStats] = [], capabilities: [HiveDevice]? = nil) {
        self.hive = hive
        self.timestamp = timestamp
        self.workers = workers
        self.capabilities = capabilities
    }

    /// Reads a heartbeat, also an old one without processes.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        hive = try fields.decode(HiveInfo.self, forKey: .hive)
        timestamp = try fields.decode(HeartbeatTimestamp.self, forKey: .timestamp)
        workers = try fields.decodeIfPresent([ProcessStats].self, forKey: .workers) ?? []
        capabilities = try fields.decodeIfPresent([HiveDevice].self, forKey: .capabilities)
    }

    private enum CodingKeys: String, CodingKey {
        case hive, timestamp, workers, capabilities
    }
}

/// Something a hive can compute on.
public struct HiveDevice: Codable, Hashable, Sendable {
    /// Its id (`CPU-0`, `GPU-0`).
    public var id: String
    /// Its name for people.
    public var name: String
    /// `cpu`, `cuda` or `metal`.
    public var deviceType: String
    /// Its memory, in gibibytes; the machine's own for a CPU. Written as null when unknown.
    public var vramGB: UInt32?
    /// What generation it is (`8.6`). Written as null when unknown.
    public var computeCapability: String?

    /// Makes a device.
    public init(id: String, name: String, deviceType: String, vramGB: UInt32? = nil, computeCapability: String? = nil) {
        self.id = id
        self.name = name
        self.deviceType = deviceType
        self.vramGB = vramGB
        self.computeCapability = computeCapability
    }

    /// Writes every field, also null ones, as clients of this list expect.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(name, forKey: .name)
        try fields.encode(deviceType, forKey: .deviceType)
        try fields.encode(vramGB, forKey: .vramGB)
        try fields.encode(computeCapability, forKey: .computeCapability)
    }

    private enum CodingKeys: String, CodingKey {
        case id, name
        case deviceType = "device_type"
        case vramGB = "vram_gb"
        case computeCapability = "compute_capability"
    }
}

/// What a hive can compute on: the answer of `GET /v1/capabilities`.
public struct HiveCapabilities: Codable, Hashable, Sendable {
    /// The devices; there is always a CPU.
    public var devices: [HiveDevice]

    /// Makes a list.
    public init(devices: [HiveDevice]) {
        self.devices = devices
    }
}
