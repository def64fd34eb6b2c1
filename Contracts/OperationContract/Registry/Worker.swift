/// A worker as it describes itself.
public struct WorkerInfo: Codable, Hashable, Sendable {
    /// Its id, which is its instance's name.
    public var id: String
    /// The model it serves.
    public var modelID: String
    /// What it computes on (`cpu`, `cuda:0`).
    public var device: String
    /// The TCP port it listens on.
    public var port: UInt16
    /// The state it is in.
    public var status: OperationalStatus
    /// What serves the model (`builtin`, `llama.cpp`).
    public var implementation: String
    /// Its version.
    public var version: String
    /// Where it answers; `http://localhost:{port}` when absent.
    public var baseURL: String?
    /// The path of its control socket, on the same machine.
    public var socket: String?
    /// The hive it belongs to.
    public var hiveID: String?
    /// The requests it is answering.
    public var inFlight: Int?
    /// How long ago it was last used, in seconds by its own clock. An owner counts as used as recently as what it owns.
    public var lastUsedSecsAgo: Double?

    /// Makes an info.
    public init(
        id: String, modelID: String, device: String, port: UInt16, status: OperationalStatus, implementation: String, version: String,
        baseURL: String? = nil, socket: String? = nil, hiveID: String? = nil, inFlight: Int? = nil, lastUsedSecsAgo: Double? = nil
    ) {
        self.id = id
        self.modelID = modelID
        self.device = device
        self.port = port
        self.status = status
        self.implementation = implementation
        self.version = version
        self.baseURL = baseURL
        self.socket = socket
        self.hiveID = hiveID
        self.inFlight = inFlight
        self.lastUsedSecsAgo = lastUsedSecsAgo
    }

    /// Where it answers.
    public var url: String { baseURL ?? "http://localhost:\(port)" }

    private enum CodingKeys: String, CodingKey {
        case id, device, port, status, implementation, version, socket
        case modelID = "model_id"
        case baseURL = "base_url"
        case hiveID = "hive_id"
        case inFlight = "in_flight"
        case lastUsedSecsAgo = "last_used_secs_ago"
    }
}

/// That a worker lives: the body of `POST /v1/worker-heartbeat`.
public struct WorkerHeartbeat: Codable, Hashable, Sendable {
    /// The worker.
    public var worker: WorkerInfo
    /// When it said so, by its own clock.
    public var timestamp: HeartbeatTimestamp

    /// Makes a heartbeat.
    public init(worker: WorkerInfo, timestamp: HeartbeatTimestamp) {
        self.worker = worker
        self.timestamp = timestamp
    }
}

/// The answer to a heartbeat.
public struct HeartbeatAck: Codable, Hashable, Sendable {
    /// `ok` or `error`.
    public var status: String
    /// What there is to say. Written as null when there is nothing.
    public var message: String?

    /// Makes an answer.
    public init(status: String = "ok", message: String? = nil) {
        self.status = status
        self.message = message
    }

    /// Writes both fields, also a null message, as clients of this answer expect.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(status, forKey: .status)
        try fields.encode(message, forKey: .message)
    }

    private enum CodingKeys: String, CodingKey {
        case status, message
    }
}
