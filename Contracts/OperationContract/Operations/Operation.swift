/// What a client asks of a queen or a hive through `POST /v1/jobs`: `{"operation":"worker_spawn", …}`.
///
/// The name and the fields stand side by side in one object. A name this version does not know is refused with an error that names it.
public enum Operation: Hashable, Sendable {
    /// All hives and workers the queen knows. Reply: ``StatusReply``.
    case status
    /// Whether the queen answers. Reply: ``CheckReply``.
    case queenCheck
    /// Completes a prompt. Streams tokens; reply: ``InferResponse``.
    case infer(InferRequest)
    /// Starts a worker. Reply: ``WorkerSpawnResponse``.
    case workerSpawn(WorkerSpawnRequest)
    /// The worker processes of a hive. Reply: ``WorkerProcessList``.
    case workerProcessList(HiveTarget)
    /// One worker process. Reply: ``WorkerProcessInfo``.
    case workerProcessGet(ProcessTarget)
    /// Stops a worker process. Reply: ``WorkerStopReply``.
    case workerProcessDelete(ProcessTarget)
    /// Fetches a model. Reply: ``ModelInfo``.
    case modelDownload(ModelDownloadRequest)
    /// The models of a hive. Reply: ``ModelList``.
    case modelList(HiveTarget)
    /// One model. Reply: ``ModelInfo``.
    case modelGet(ModelTarget)
    /// Removes a model. Reply: ``ModelInfo``.
    case modelDelete(ModelTarget)
    /// Whether a hive answers. Reply: ``CheckReply``.
    case hiveCheck(HiveAlias)
    /// The hives the queen knows. Reply: ``HiveList``.
    case hiveList
    /// One hive. Reply: ``HiveStatusRow``.
    case hiveGet(HiveAlias)
    /// How a hive is. Reply: ``HiveStatusRow``.
    case hiveStatus(HiveAlias)
    /// Starts a hive. Reply: ``CheckReply``.
    case hiveStart(HiveAlias)
    /// Stops a hive. Reply: ``CheckReply``.
    case hiveStop(HiveAlias)
    /// Asks a hive for its devices again. Reply: ``HiveCapabilities``.
    case hiveRefreshCapabilities(HiveAlias)
    /// The workers whose heartbeats are recent. Reply: ``WorkerList``.
    case activeWorkerList
    /// One of them. Reply: ``WorkerStatusRow``.
    case activeWorkerGet(WorkerTarget)
    /// Takes one of them out of service. Reply: ``WorkerStopReply``.
    case activeWorkerRetire(WorkerTarget)

    /// The daemon that carries an operation out.
    public enum Target: Hashable, Sendable {
        /// The queen.
        case queen
        /// The hive; a queen passes it on.
        case hive
    }

    /// The daemon that carries it out.
    public var target: Target {
        switch self {
        case .status, .queenCheck, .infer, .hiveList, .hiveGet, .hiveStatus, .hiveStart, .hiveStop, .hiveRefreshCapabilities,
            .activeWorkerList,
            .activeWorkerGet, .activeWorkerRetire:
            .queen
        case .workerSpawn, .workerProcessList, .workerProcessGet, .workerProcessDelete, .modelDownload, .modelList, .modelGet, .modelDelete,
            .hiveCheck:
            .hive
        }
    }

    /// The hive it is meant for, where it names one.
    public var hiveID: String? {
        switch self {
        case .infer(let request): request.hiveID
        case .workerSpawn(let request): request.hiveID
        case .workerProcessList(let target), .modelList(let target): target.hiveID
        case .workerProcessGet(let target), .workerProcessDelete(let target): target.hiveID
        case .modelDownload(let request): request.hiveID
        case .modelGet(let target), .modelDelete(let target): target.hiveID
        case .hiveCheck(let hive), .hiveGet(let hive), .hiveStatus(let hive), .hiveStart(let hive), .hiveStop(let hive),
            .hiveRefreshCapabilities(let hive):
            hive.alias
        case .status, .queenCheck, .hiveList, .activeWorkerList, .activeWorkerGet, .activeWorkerRetire: nil
        }
    }
}
