public import DaemonContract

/// A worker as the queen knows it.
public struct WorkerStatusRow: Codable, Hashable, Sendable {
    /// The worker's id.
    public var workerID: String
    /// The hive it belongs to, where it said so.
    public var hiveID: String?
    /// The model it serves.
    public var model: String
    /// What it computes on (`cpu`, `cuda:0`).
    public var device: String
    /// The TCP port it listens on.
    public var port: UInt16
    /// The state it reported last.
    public var status: OperationalStatus
    /// Where it answers.
    public var baseURL: String
    /// The requests it said it was answering.
    public var inFlight: Int
    /// How long ago its last heartbeat was received, in seconds.
    public var heartbeatAgeSecs: Double
    /// Whether that is recent enough to rely on.
    public var isRecent: Bool

    /// Makes a row.
    public init(
        workerID: String, hiveID: String? = nil, model: String, device: String, port: UInt16, status: OperationalStatus, baseURL: String,
        inFlight: Int, heartbeatAgeSecs: Double, isRecent: Bool
    ) {
        self.workerID = workerID
        self.hiveID = hiveID
        self.model = model
        self.device = device
        self.port = port
        self.status = status
        self.baseURL = baseURL
        self.inFlight = inFlight
        self.heartbeatAgeSecs = heartbeatAgeSecs
        self.isRecent = isRecent
    }

    private enum CodingKeys: String, CodingKey {
        case model, device, port, status
        case workerID = "worker_id"
        case hiveID = "hive_id"
        case baseURL = "base_url"
        case inFlight = "in_flight"
        case heartbeatAgeSecs = "heartbeat_age_secs"
        case isRecent = "recent"
    }
}

/// A hive as the queen knows it.
public struct HiveStatusRow: Codable, Hashable, Sendable {
    /// The hive's id.
    public var hiveID: String
    /// The machine it runs on.
    public var hostname: String
    /// The TCP port it listens on.
    public var port: UInt16
    /// The state it reported last.
    public var status: OperationalStatus
    /// The health it reported last.
    public var health: HealthStatus
    /// Its version.
    public var version: String
    /// Where it answers.
    public var baseURL: String
    /// How long ago its last heartbeat was received, in seconds.
    public var heartbeatAgeSecs: Double
    /// Whether that is recent enough to rely on.
    public var isRecent: Bool

    /// Makes a row.
    public init(
        hiveID: String, hostname: String, port: UInt16, status: OperationalStatus, health: HealthStatus, version: String, baseURL: String,
        heartbeatAgeSecs: Double, isRecent: Bool
    ) {
        self.hiveID = hiveID
        self.hostname = hostname
        self.port = port
        self.status = status
        self.health = health
        self.version = version
        self.baseURL = baseURL
        self.heartbeatAgeSecs = heartbeatAgeSecs
        self.isRecent = isRecent
    }

    private enum CodingKeys: String, CodingKey {
        case hostname, port, status, health, version
        case hiveID = "hive_id"
        case baseURL = "base_url"
        case heartbeatAgeSecs = "heartbeat_age_secs"
        case isRecent = "recent"
    }
}

/// Everything the queen knows: the reply to `status`.
public struct StatusReply: Codable, Hashable, Sendable {
    /// The queen itself.
    public var queen: DaemonInfo?
    /// The hives, by id.
    public var hives: [HiveStatusRow]
    /// The workers, by id.
    public var workers: [WorkerStatusRow]

    /// Makes a reply.
    public init(queen: DaemonInfo? = nil, hives: [HiveStatusRow], workers: [WorkerStatusRow]) {
        self.queen = queen
        self.hives = hives
        self.workers = workers
    }
}

/// The workers the queen knows: the reply to `active_worker_list` and `GET /v1/workers` of a queen.
public struct WorkerList: Codable, Hashable, Sendable {
    /// The workers, by id.
    public var workers: [WorkerStatusRow]

    /// Makes a list.
    public init(workers: [WorkerStatusRow]) {
        self.workers = workers
    }
}

/// The hives the queen knows: the reply to `hive_list` and `GET /v1/hives`.
public struct HiveList: Codable, Hashable, Sendable {
    /// The hives, by id.
    public var hives: [HiveStatusRow]

    /// Makes a list.
    public init(hives: [HiveStatusRow]) {
        self.hives = hives
    }
}

/// That a daemon answered, or did what was asked.
public struct CheckReply: Codable, Hashable, Sendable {
    /// `ok`.
    public var status: String
    /// What there is to say about it.
    public var message: String?
    /// Who answered.
    public var daemon: DaemonInfo?

    /// Makes a reply.
    public init(status: String = "ok", message: String? = nil, daemon: DaemonInfo? = nil) {
        self.status = status
        self.message = message
        self.daemon = daemon
    }
}

/// A model of a hive.
public struct ModelInfo: Codable, Hashable, Sendable {
    /// The model's id, by which requests name it.
    public var id: String
    /// Its name for people.
    public var name: String
    /// Its size on disk, in bytes; 0 for one that needs none.
    public var sizeBytes: UInt64
    /// `available`, `downloading` or `failed`.
    public var status: String
    /// Whether a worker serves it now.
    public var loaded: Bool?
    /// The memory of a device it takes, in mebibytes.
    public var vramMB: UInt64?
    /// The engine that serves it (`builtin`, `command`).
    public var engine: String?

    /// Makes an info.
    public init(
        id: String, name: String, sizeBytes: UInt64 = 0, status: String = "available", loaded: Bool? = nil, vramMB: UInt64? = nil,
        engine: String? = nil
    ) {
        self.id = id
        self.name = name
        self.sizeBytes = sizeBytes
        self.status = status
        self.loaded = loaded
        self.vramMB = vramMB
        self.engine = engine
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, status, loaded, engine
        case sizeBytes = "size_bytes"
        case vramMB = "vram_mb"
    }
}

/// The models of a hive: the reply to `model_list` and `GET /v1/models` of a hive.
public struct ModelList: Codable, Hashable, Sendable {
    /// The models, by id.
    public var models: [ModelInfo]

    /// Makes a list.
    public init(models: [ModelInfo]) {
        self.models = models
    }
}
