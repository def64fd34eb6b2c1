/// How often heartbeats are sent, and when a sender counts as gone. The receiver's monotonic clock decides, never the sender's.
public enum HeartbeatTiming {
    /// How often a heartbeat is sent.
    public static let interval: Duration = .seconds(30)
    /// From this age on a heartbeat is stale.
    public static let timeout: Duration = .seconds(90)
    /// How often stale entries are looked for.
    public static let cleanupInterval: Duration = .seconds(60)
    /// From this age on a stale entry is forgotten.
    public static let purgeAge: Duration = .seconds(600)

    /// Whether a heartbeat received so long ago still counts: strictly less than the timeout.
    ///
    /// An age below zero, which no monotonic clock gives, counts as recent.
    public static func isRecent(age: Duration, timeout: Duration = HeartbeatTiming.timeout) -> Bool {
        age < timeout
    }

    /// How long until a heartbeat received so long ago is stale; zero if it already is.
    public static func remaining(age: Duration, timeout: Duration = HeartbeatTiming.timeout) -> Duration {
        max(.zero, timeout - age)
    }
}

/// The paths of heartbeats, on a queen.
public enum HeartbeatPath {
    /// `POST`: a worker's (``WorkerHeartbeat``).
    public static let worker = "/v1/worker-heartbeat"
    /// `POST`: a hive's (``HiveHeartbeat``).
    public static let hive = "/v1/hive-heartbeat"
    /// `GET`: everything as server-sent events (``HeartbeatEvent``).
    public static let stream = "/v1/heartbeats/stream"
}

/// The paths of what is registered: on a queen what it knows, on a hive what it runs.
public enum RegistryPath {
    /// `GET`: the hives (``HiveList``).
    public static let hives = "/v1/hives"
    /// `GET`: the workers (``WorkerList`` of a queen, ``WorkerProcessList`` of a hive); `POST` on a hive starts one.
    public static let workers = "/v1/workers"
    /// `GET`: the devices of a hive (``HiveCapabilities``).
    public static let capabilities = "/v1/capabilities"
    /// `GET`: the models of a hive (``ModelList``), on a queen and a worker those of OpenAI's API (``OpenAIModelList``).
    public static let models = "/v1/models"
    /// `GET`: the plain programs of a hive (``SupervisedProcessList``).
    public static let processes = "/v1/processes"

    /// `POST` on a hive: has plain programs started, stopped or restarted (``ProcessOrder``, ``ProcessOrderReply``).
    public static func processes(_ action: String) -> String { "\(processes)/\(action)" }
    /// `GET`, `DELETE`: one worker.
    public static func worker(_ id: String) -> String { "\(workers)/\(id)" }
}
