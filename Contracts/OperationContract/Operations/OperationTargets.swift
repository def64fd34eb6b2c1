/// The hive an operation is for.
public struct HiveTarget: Codable, Hashable, Sendable {
    /// The hive's id; `localhost` is this machine's.
    public var hiveID: String

    /// Makes a target.
    public init(hiveID: String = "localhost") {
        self.hiveID = hiveID
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
    }
}

/// The hive an operation is for, where the wire calls it an alias.
public struct HiveAlias: Codable, Hashable, Sendable {
    /// The hive's alias; `localhost` when read without one.
    public var alias: String

    /// Makes an alias.
    public init(alias: String = "localhost") {
        self.alias = alias
    }

    /// Reads an alias, `localhost` if there is none.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        alias = try fields.decodeIfPresent(String.self, forKey: .alias) ?? "localhost"
    }

    private enum CodingKeys: String, CodingKey {
        case alias
    }
}

/// A worker process of a hive.
public struct ProcessTarget: Codable, Hashable, Sendable {
    /// The hive's id.
    public var hiveID: String
    /// The process id. Only a process the hive itself started is ever touched.
    public var pid: UInt32

    /// Makes a target.
    public init(hiveID: String = "localhost", pid: UInt32) {
        self.hiveID = hiveID
        self.pid = pid
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
        case pid
    }
}

/// A model of a hive.
public struct ModelTarget: Codable, Hashable, Sendable {
    /// The hive's id.
    public var hiveID: String
    /// The model's id.
    public var id: String

    /// Makes a target.
    public init(hiveID: String = "localhost", id: String) {
        self.hiveID = hiveID
        self.id = id
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
        case id
    }
}

/// A worker the queen knows.
public struct WorkerTarget: Codable, Hashable, Sendable {
    /// The worker's id.
    public var workerID: String

    /// Makes a target.
    public init(workerID: String) {
        self.workerID = workerID
    }

    private enum CodingKeys: String, CodingKey {
        case workerID = "worker_id"
    }
}

/// A model to fetch.
public struct ModelDownloadRequest: Codable, Hashable, Sendable {
    /// The hive's id.
    public var hiveID: String
    /// The model's name (`org/model`).
    public var model: String

    /// Makes a request.
    public init(hiveID: String = "localhost", model: String) {
        self.hiveID = hiveID
        self.model = model
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
        case model
    }
}

/// A worker to start.
public struct WorkerSpawnRequest: Codable, Hashable, Sendable {
    /// The hive's id.
    public var hiveID: String
    /// The model it shall serve.
    public var model: String
    /// What it shall compute on: `cpu`, `cuda` or `metal`.
    public var worker: String
    /// Which device of that kind, counted from 0.
    public var device: UInt32
    /// The instance's name; the hive picks one when absent.
    public var instance: String?
    /// The engine, `builtin` or `command`; the configuration of the model decides when absent.
    public var engine: String?
    /// How long it stays without being used, in seconds (0: for ever); the configuration decides when absent.
    public var ttlSecs: Double?
    /// Whether a worker of the model that is there already will do; otherwise there is another one afterwards.
    public var reuse: Bool?

    /// Makes a request.
    public init(
        hiveID: String = "localhost", model: String, worker: String = "cpu", device: UInt32 = 0, instance: String? = nil,
        engine: String? = nil, ttlSecs: Double? = nil, reuse: Bool? = nil
    ) {
        self.hiveID = hiveID
        self.model = model
        self.worker = worker
        self.device = device
        self.instance = instance
        self.engine = engine
        self.ttlSecs = ttlSecs
        self.reuse = reuse
    }

    /// Reads a request. Only the model must be there: a hive is asked about itself, and the model's configuration has a device.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            hiveID: try fields.decodeIfPresent(String.self, forKey: .hiveID) ?? "localhost",
            model: try fields.decode(String.self, forKey: .model),
            worker: try fields.decodeIfPresent(String.self, forKey: .worker) ?? "cpu",
            device: try fields.decodeIfPresent(UInt32.self, forKey: .device) ?? 0,
            instance: try fields.decodeIfPresent(String.self, forKey: .instance),
            engine: try fields.decodeIfPresent(String.self, forKey: .engine),
            ttlSecs: try fields.decodeIfPresent(Double.self, forKey: .ttlSecs), reuse: try fields.decodeIfPresent(Bool.self, forKey: .reuse)
        )
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
        case model, worker, device, instance, engine, reuse
        case ttlSecs = "ttl_secs"
    }
}
