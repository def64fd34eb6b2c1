/// One event of `GET /v1/heartbeats/stream` (`event: heartbeat`), told apart by `type`.
public enum HeartbeatEvent: Hashable, Sendable {
    /// The name of these events in the stream.
    public static let eventName = "heartbeat"

    /// What the queen knows, at intervals.
    case queen(QueenHeartbeat)
    /// A worker's heartbeat came in.
    case worker(WorkerHeartbeat)
    /// A hive's heartbeat came in.
    case hive(HiveHeartbeat)
    /// An event of a later version.
    case unknown(type: String)
}

/// What the queen knows, in numbers.
public struct QueenHeartbeat: Codable, Hashable, Sendable {
    /// Workers whose heartbeats are recent.
    public var workersOnline: Int
    /// Those of them that take requests.
    public var workersAvailable: Int
    /// Hives whose heartbeats are recent.
    public var hivesOnline: Int
    /// Those of them that can be asked to do something.
    public var hivesAvailable: Int
    /// The ids of the workers online.
    public var workerIDs: [String]
    /// The ids of the hives online.
    public var hiveIDs: [String]
    /// When, by the queen's clock.
    public var timestamp: HeartbeatTimestamp

    /// Makes an event.
    public init(
        workersOnline: Int, workersAvailable: Int, hivesOnline: Int, hivesAvailable: Int, workerIDs: [String], hiveIDs: [String],
        timestamp: HeartbeatTimestamp
    ) {
        self.workersOnline = workersOnline
        self.workersAvailable = workersAvailable
        self.hivesOnline = hivesOnline
        self.hivesAvailable = hivesAvailable
        self.workerIDs = workerIDs
        self.hiveIDs = hiveIDs
        self.timestamp = timestamp
    }

    private enum CodingKeys: String, CodingKey {
        case timestamp
        case workersOnline = "workers_online"
        case workersAvailable = "workers_available"
        case hivesOnline = "hives_online"
        case hivesAvailable = "hives_available"
        case workerIDs = "worker_ids"
        case hiveIDs = "hive_ids"
    }
}

extension HeartbeatEvent: Codable {
    /// Reads the type, then the fields that belong to it.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(String.self, forKey: .type) {
        case "queen": self = .queen(try QueenHeartbeat(from: decoder))
        case "worker": self = .worker(try WorkerHeartbeat(from: decoder))
        case "hive": self = .hive(try HiveHeartbeat(from: decoder))
        case let other: self = .unknown(type: other)
        }
    }

    /// Writes the type and the fields side by side.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .queen(let value):
            try fields.encode("queen", forKey: .type)
            try value.encode(to: encoder)
        case .worker(let value):
            try fields.encode("worker", forKey: .type)
            try value.encode(to: encoder)
        case .hive(let value):
            try fields.encode("hive", forKey: .type)
            try value.encode(to: encoder)
        case .unknown(let type):
            try fields.encode(type, forKey: .type)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case type
    }
}
