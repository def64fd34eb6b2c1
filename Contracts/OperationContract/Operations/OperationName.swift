/// The word that tags an operation on the wire.
public enum OperationName: String, CaseIterable, Codable, Hashable, Sendable {
    /// ``Operation/status``.
    case status
    /// ``Operation/queenCheck``.
    case queenCheck = "queen_check"
    /// ``Operation/infer(_:)``.
    case infer
    /// ``Operation/workerSpawn(_:)``.
    case workerSpawn = "worker_spawn"
    /// ``Operation/workerProcessList(_:)``.
    case workerProcessList = "worker_process_list"
    /// ``Operation/workerProcessGet(_:)``.
    case workerProcessGet = "worker_process_get"
    /// ``Operation/workerProcessDelete(_:)``.
    case workerProcessDelete = "worker_process_delete"
    /// ``Operation/modelDownload(_:)``.
    case modelDownload = "model_download"
    /// ``Operation/modelList(_:)``.
    case modelList = "model_list"
    /// ``Operation/modelGet(_:)``.
    case modelGet = "model_get"
    /// ``Operation/modelDelete(_:)``.
    case modelDelete = "model_delete"
    /// ``Operation/hiveCheck(_:)``.
    case hiveCheck = "hive_check"
    /// ``Operation/hiveList``.
    case hiveList = "hive_list"
    /// ``Operation/hiveGet(_:)``.
    case hiveGet = "hive_get"
    /// ``Operation/hiveStatus(_:)``.
    case hiveStatus = "hive_status"
    /// ``Operation/hiveStart(_:)``.
    case hiveStart = "hive_start"
    /// ``Operation/hiveStop(_:)``.
    case hiveStop = "hive_stop"
    /// ``Operation/hiveRefreshCapabilities(_:)``.
    case hiveRefreshCapabilities = "hive_refresh_capabilities"
    /// ``Operation/activeWorkerList``.
    case activeWorkerList = "active_worker_list"
    /// ``Operation/activeWorkerGet(_:)``.
    case activeWorkerGet = "active_worker_get"
    /// ``Operation/activeWorkerRetire(_:)``.
    case activeWorkerRetire = "active_worker_retire"
}

extension Operation: Codable {
    /// Reads the name, then the fields that belong to it. Unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let word = try fields.decode(String.self, forKey: .operation)
        guard let name = OperationName(rawValue: word) else {
            throw DecodingError.dataCorruptedError(
                forKey: .operation, in: fields,
                debugDescription:
                    "unknown operation \"\(word)\"; known are \(OperationName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        switch name {
        case .status: self = .status
        case .queenCheck: self = .queenCheck
        case .infer: self = .infer(try InferRequest(from: decoder))
        case .workerSpawn: self = .workerSpawn(try WorkerSpawnRequest(from: decoder))
        case .workerProcessList: self = .workerProcessList(try HiveTarget(from: decoder))
        case .workerProcessGet: self = .workerProcessGet(try ProcessTarget(from: decoder))
        case .workerProcessDelete: self = .workerProcessDelete(try ProcessTarget(from: decoder))
        case .modelDownload: self = .modelDownload(try ModelDownloadRequest(from: decoder))
        case .modelList: self = .modelList(try HiveTarget(from: decoder))
        case .modelGet: self = .modelGet(try ModelTarget(from: decoder))
        case .modelDelete: self = .modelDelete(try ModelTarget(from: decoder))
        case .hiveCheck: self = .hiveCheck(try HiveAlias(from: decoder))
        case .hiveList: self = .hiveList
        case .hiveGet: self = .hiveGet(try HiveAlias(from: decoder))
        case .hiveStatus: self = .hiveStatus(try HiveAlias(from: decoder))
        case .hiveStart: self = .hiveStart(try HiveAlias(from: decoder))
        case .hiveStop: self = .hiveStop(try HiveAlias(from: decoder))
        case .hiveRefreshCapabilities: self = .hiveRefreshCapabilities(try HiveAlias(from: decoder))
        case .activeWorkerList: self = .activeWorkerList
        case .activeWorkerGet: self = .activeWorkerGet(try WorkerTarget(from: decoder))
        case .activeWorkerRetire: self = .activeWorkerRetire(try WorkerTarget(from: decoder))
        }
    }

    /// Writes the name and the fields side by side.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(name, forKey: .operation)
        switch self {
        case .status, .queenCheck, .hiveList, .activeWorkerList: break
        case .infer(let value): try value.encode(to: encoder)
        case .workerSpawn(let value): try value.encode(to: encoder)
        case .workerProcessList(let value), .modelList(let value): try value.encode(to: encoder)
        case .workerProcessGet(let value), .workerProcessDelete(let value): try value.encode(to: encoder)
        case .modelDownload(let value): try value.encode(to: encoder)
        case .modelGet(let value), .modelDelete(let value): try value.encode(to: encoder)
        case .hiveCheck(let value), .hiveGet(let value), .hiveStatus(let value), .hiveStart(let value), .hiveStop(let value),
            .hiveRefreshCapabilities(let value):
            try value.encode(to: encoder)
        case .activeWorkerGet(let value), .activeWorkerRetire(let value): try value.encode(to: encoder)
        }
    }

    /// The word that tags it on the wire.
    public var name: OperationName {
        switch self {
        case .status: .status
        case .queenCheck: .queenCheck
        case .infer: .infer
        case .workerSpawn: .workerSpawn
        case .workerProcessList: .workerProcessList
        case .workerProcessGet: .workerProcessGet
        case .workerProcessDelete: .workerProcessDelete
        case .modelDownload: .modelDownload
        case .modelList: .modelList
        case .modelGet: .modelGet
        case .modelDelete: .modelDelete
        case .hiveCheck: .hiveCheck
        case .hiveList: .hiveList
        case .hiveGet: .hiveGet
        case .hiveStatus: .hiveStatus
        case .hiveStart: .hiveStart
        case .hiveStop: .hiveStop
        case .hiveRefreshCapabilities: .hiveRefreshCapabilities
        case .activeWorkerList: .activeWorkerList
        case .activeWorkerGet: .activeWorkerGet
        case .activeWorkerRetire: .activeWorkerRetire
        }
    }

    private enum CodingKeys: String, CodingKey {
        case operation
    }
}
