internal import DaemonContract

/// What a stop did, rung by rung, and what it left.
public struct StopReceipt: Sendable, Codable, Hashable {
    /// One rung as it went.
    public struct Rung: Sendable, Codable, Hashable {
        /// `shutdown`, `SIGTERM` or `SIGKILL`.
        public let step: String
        /// What came of it: `accepted`, `sent`, or why it was refused.
        public let result: String
        /// How long it took until the next rung or the end, in milliseconds.
        public let milliseconds: Double

        public init(step: String, result: String, milliseconds: Double) {
            self.step = step
            self.result = result
            self.milliseconds = milliseconds
        }
    }

    /// A process that belonged to the daemon.
    public struct Process: Sendable, Codable, Hashable {
        /// Its number while it lived.
        public let pid: Int32
        /// The program's name as the kernel knows it.
        public let name: String
        /// Whether a signal was needed to end it.
        public let signalled: Bool

        public init(pid: Int32, name: String, signalled: Bool) {
            self.pid = pid
            self.name = name
            self.signalled = signalled
        }
    }

    /// Which daemon was to be stopped.
    public let daemon: String
    /// False when there was nothing to stop, which is a success.
    public let wasRunning: Bool
    /// The rungs that were climbed, in order.
    public let rungs: [Rung]
    /// Every process that belonged to the daemon.
    public let processes: [Process]
    /// Whether the daemon's socket is gone from the run directory.
    public let socketRemoved: Bool
    /// Whether nothing listens on the daemon's port any more; nil when it had none.
    public let portFree: Bool?
    /// From the first rung to the end, in milliseconds.
    public let milliseconds: Double

    enum CodingKeys: String, CodingKey {
        case daemon
        case wasRunning = "was_running"
        case rungs
        case processes
        case socketRemoved = "socket_removed"
        case portFree = "port_free"
        case milliseconds
    }

    public init(
        daemon: String, wasRunning: Bool, rungs: [Rung], processes: [Process], socketRemoved: Bool, portFree: Bool?, milliseconds: Double
    ) {
        self.daemon = daemon
        self.wasRunning = wasRunning
        self.rungs = rungs
        self.processes = processes
        self.socketRemoved = socketRemoved
        self.portFree = portFree
        self.milliseconds = milliseconds
    }
}

extension StopReceipt {
    /// There was nothing to stop.
    static func notRunning(_ id: DaemonID) -> StopReceipt {
        StopReceipt(
            daemon: id.description, wasRunning: false, rungs: [], processes: [], socketRemoved: true, portFree: nil, milliseconds: 0)
    }
}
