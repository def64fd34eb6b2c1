/// What a caller holds of a daemon that answered: where it is, and whether this caller has to clean it up.
///
/// Ownership never changes after a handle is made: a daemon that was already running is never stopped through it.
///
/// ```swift
/// let found = DaemonHandle.alreadyRunning(daemonName: "queen-rbee", baseURL: "http://localhost:7833")
/// found.shouldCleanup    // false
/// let started = DaemonHandle.startedByUs(daemonName: "rbee-hive", baseURL: "http://localhost:7835", pid: 12345)
/// started.shouldCleanup  // true
/// ```
public struct DaemonHandle: Codable, Hashable, Sendable {
    /// The daemon's name (`queen-rbee`, `rbee-hive`, …), as given.
    public let daemonName: String
    private let startedByUs: Bool
    /// Where the daemon answers, without `/health` (`http://localhost:7833`).
    public let baseURL: String
    /// The process id, if the caller started the daemon and knows it. 32 bits unsigned on the wire.
    public let pid: UInt32?

    private init(daemonName: String, startedByUs: Bool, baseURL: String, pid: UInt32?) {
        self.daemonName = daemonName
        self.startedByUs = startedByUs
        self.baseURL = baseURL
        self.pid = pid
    }

    /// A handle on a daemon that somebody else started: not ours to clean up.
    public static func alreadyRunning(daemonName: String, baseURL: String) -> DaemonHandle {
        DaemonHandle(daemonName: daemonName, startedByUs: false, baseURL: baseURL, pid: nil)
    }

    /// A handle on a daemon that the caller started, and so has to clean up, even when its process id is not known.
    public static func startedByUs(daemonName: String, baseURL: String, pid: UInt32? = nil) -> DaemonHandle {
        DaemonHandle(daemonName: daemonName, startedByUs: true, baseURL: baseURL, pid: pid)
    }

    /// Whether the caller started the daemon, and so whether cleaning up means stopping it.
    public var shouldCleanup: Bool { startedByUs }

    /// The process id as the system's type, or nil if it is unknown or no process could have it.
    public var processID: Int32? {
        guard let pid, pid > 0 else { return nil }
        return Int32(exactly: pid)
    }

    /// The same handle with the URL the daemon itself reported (`/v1/info`); name, process id and ownership stay.
    public func withDiscoveredURL(_ url: String) -> DaemonHandle {
        DaemonHandle(daemonName: daemonName, startedByUs: startedByUs, baseURL: url, pid: pid)
    }

    /// Says that the caller is done with the handle, and leaves the daemon alive for the next one.
    ///
    /// It stops nothing, whoever started the daemon; stopping is the lifecycle's business.
    public func shutdown() {}

    private enum CodingKeys: String, CodingKey {
        case daemonName = "daemon_name"
        case startedByUs = "started_by_us"
        case baseURL = "base_url"
        case pid
    }
}

/// A handle on a queen.
public typealias QueenHandle = DaemonHandle
/// A handle on a hive.
public typealias HiveHandle = DaemonHandle
/// A handle on a worker.
public typealias WorkerHandle = DaemonHandle
