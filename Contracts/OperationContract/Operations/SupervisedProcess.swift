public import DaemonContract

/// A plain program that a hive keeps running.
public struct SupervisedProcess: Codable, Hashable, Sendable {
    /// Its name, as the configuration calls it.
    public var name: String
    /// The state it is in.
    public var state: DaemonState
    /// Its process id; absent while there is none.
    public var pid: UInt32?
    /// For how long this process has been running, in whole seconds.
    public var uptimeSecs: UInt64?
    /// How often it was started again by itself since it last stayed healthy.
    public var restarts: Int
    /// Why it is in this state, where there is something to say.
    public var reason: String?
    /// The program and its arguments.
    public var command: [String]
    /// Whether it stands in the configuration. One that does not is looked after until it ends.
    public var configured: Bool

    /// Makes a process.
    public init(
        name: String, state: DaemonState, pid: UInt32? = nil, uptimeSecs: UInt64? = nil, restarts: Int = 0, reason: String? = nil,
        command: [String] = [], configured: Bool = true
    ) {
        self.name = name
        self.state = state
        self.pid = pid
        self.uptimeSecs = uptimeSecs
        self.restarts = restarts
        self.reason = reason
        self.command = command
        self.configured = configured
    }

    private enum CodingKeys: String, CodingKey {
        case name, state, pid, restarts, reason, command, configured
        case uptimeSecs = "uptime_secs"
    }
}

/// The plain programs of a hive: the reply to `GET /v1/processes`.
public struct SupervisedProcessList: Codable, Hashable, Sendable {
    /// The programs, by name.
    public var processes: [SupervisedProcess]

    /// Makes a list.
    public init(processes: [SupervisedProcess]) {
        self.processes = processes
    }
}

/// Which plain programs are to be started, stopped or restarted: the body of `POST /v1/processes/start`, `…/stop` and `…/restart`.
public struct ProcessOrder: Codable, Hashable, Sendable {
    /// Their names; absent for all.
    public var names: [String]?

    /// Makes an order.
    public init(names: [String]? = nil) {
        self.names = names
    }
}

/// What has come of an order.
public struct ProcessOrderReply: Codable, Hashable, Sendable {
    /// The programs that were meant, as they are now.
    public var processes: [SupervisedProcess]
    /// Of those that are not as they were wanted, why.
    public var errors: [String: String]

    /// Makes a reply.
    public init(processes: [SupervisedProcess], errors: [String: String]) {
        self.processes = processes
        self.errors = errors
    }
}
