/// What kind of daemon something is. Kinds this version does not know decode all the same.
public struct DaemonKind: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
    /// The kind's name, which is also its folder's.
    public let rawValue: String

    /// Makes a kind from its name, unchecked; ``DaemonID`` checks it.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The queen: takes requests and jobs and hands them to workers.
    public static let queen = DaemonKind(rawValue: "queen")
    /// The hive: starts, supervises and stops the workers of one machine.
    public static let hive = DaemonKind(rawValue: "hive")
    /// A worker: serves one model.
    public static let worker = DaemonKind(rawValue: "worker")
    /// The project-context daemon.
    public static let context = DaemonKind(rawValue: "context")
    /// The language-server daemon.
    public static let language = DaemonKind(rawValue: "language")
    /// A plain program that a hive supervises: it has a lock like a daemon's, and knows nothing of us.
    public static let process = DaemonKind(rawValue: "process")

    /// The kinds of daemon this version knows, in the order they are shown and started.
    public static let known: [DaemonKind] = [.queen, .hive, .worker, .context, .language]

    /// Whatever has a lock in the run directory: the daemons, and behind them plain programs.
    public static let locked: [DaemonKind] = known + [.process]

    /// The name of the binary that is this daemon.
    public var binaryName: String {
        self == .queen ? "queen-rbee" : "rbee-\(rawValue)"
    }

    /// The instance meant when none is named; a worker's name comes from its model.
    public var defaultInstance: String {
        switch self {
        case .hive: "localhost"
        default: "default"
        }
    }

    /// The TCP port it listens on unless told otherwise; nil for one that the kernel picks or that does not listen.
    public var defaultPort: UInt16? {
        switch self {
        case .queen: 7833
        case .hive: 7835
        default: nil
        }
    }

    /// The kind's name.
    public var description: String { rawValue }
}
