/// A worker that was started.
public struct WorkerSpawnResponse: Codable, Hashable, Sendable {
    /// The worker's id, which is its instance's name.
    public var workerID: String
    /// The TCP port it listens on.
    public var port: UInt16
    /// Its process id.
    public var pid: UInt32
    /// The state it is in.
    public var status: OperationalStatus
    /// Where it answers.
    public var baseURL: String?
    /// Whether it was there already, so that nothing had to be started.
    public var alreadyRunning: Bool?
    /// What it computes on (`cpu`, `cuda:0`).
    public var device: String?

    /// Makes a response.
    public init(
        workerID: String, port: UInt16, pid: UInt32, status: OperationalStatus, baseURL: String? = nil, alreadyRunning: Bool? = nil,
        device: String? = nil
    ) {
        self.workerID = workerID
        self.port = port
        self.pid = pid
        self.status = status
        self.baseURL = baseURL
        self.alreadyRunning = alreadyRunning
        self.device = device
    }

    private enum CodingKeys: String, CodingKey {
        case port, pid, status, device
        case workerID = "worker_id"
        case baseURL = "base_url"
        case alreadyRunning = "already_running"
    }
}

/// A worker process of a hive.
public struct WorkerProcessInfo: Codable, Hashable, Sendable {
    /// Its process id; 0 while it is between two starts.
    public var pid: UInt32
    /// The worker's id, which is its instance's name.
    public var workerID: String
    /// The model it serves.
    public var model: String
    /// The TCP port it listens on; 0 while it has none.
    public var port: UInt16
    /// The state it is in.
    public var status: OperationalStatus
    /// Where it answers.
    public var baseURL: String?
    /// What it computes on (`cpu`, `cuda:0`).
    public var device: String?
    /// How often it was started again since it last stayed healthy.
    public var restarts: Int?
    /// Why it is in this state, where there is something to say.
    public var reason: String?

    /// Makes an info.
    public init(
        pid: UInt32, workerID: String, model: String, port: UInt16, status: OperationalStatus, baseURL: String? = nil,
        device: String? = nil,
        restarts: Int? = nil, reason: String? = nil
    ) {
        self.pid = pid
        self.workerID = workerID
        self.model = model
        self.port = port
        self.status = status
        self.baseURL = baseURL
        self.device = device
        self.restarts = restarts
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case pid, model, port, status, device, restarts, reason
        case workerID = "worker_id"
        case baseURL = "base_url"
    }
}

/// The worker processes of a hive: the reply to `worker_process_list` and `GET /v1/workers` of a hive.
public struct WorkerProcessList: Codable, Hashable, Sendable {
    /// The processes, by id.
    public var workers: [WorkerProcessInfo]

    /// Makes a list.
    public init(workers: [WorkerProcessInfo]) {
        self.workers = workers
    }
}

/// A worker that was stopped.
public struct WorkerStopReply: Codable, Hashable, Sendable {
    /// The worker's id.
    public var workerID: String
    /// The process that ended; absent if none ran.
    public var pid: UInt32?
    /// Whether something had to be stopped; not running is success too.
    public var wasRunning: Bool

    /// Makes a reply.
    public init(workerID: String, pid: UInt32? = nil, wasRunning: Bool) {
        self.workerID = workerID
        self.pid = pid
        self.wasRunning = wasRunning
    }

    private enum CodingKeys: String, CodingKey {
        case pid
        case workerID = "worker_id"
        case wasRunning = "was_running"
    }
}

/// What was generated for a prompt, as a whole.
public struct InferResponse: Codable, Hashable, Sendable {
    /// The text.
    public var text: String
    /// How many tokens it has.
    public var tokens: Int
    /// Whether generating came to its end.
    public var done: Bool
    /// Why it ended.
    public var finishReason: FinishReason?
    /// The tokens of the prompt.
    public var promptTokens: Int?
    /// The worker that answered.
    public var workerID: String?
    /// How long it took, in milliseconds.
    public var durationMs: UInt64?

    /// Makes a response.
    public init(
        text: String, tokens: Int, done: Bool = true, finishReason: FinishReason? = nil, promptTokens: Int? = nil, workerID: String? = nil,
        durationMs: UInt64? = nil
    ) {
        self.text = text
        self.tokens = tokens
        self.done = done
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.workerID = workerID
        self.durationMs = durationMs
    }

    private enum CodingKeys: String, CodingKey {
        case text, tokens, done
        case finishReason = "finish_reason"
        case promptTokens = "prompt_tokens"
        case workerID = "worker_id"
        case durationMs = "duration_ms"
    }
}
