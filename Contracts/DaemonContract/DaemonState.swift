/// The state of a daemon, as its record, `status` and the supervisor tell it.
public enum DaemonState: Hashable, Sendable {
    /// Nothing runs and nothing is to run.
    case stopped
    /// It runs and does not serve yet.
    case starting
    /// It serves.
    case ready
    /// It serves, but says that something is amiss.
    case degraded
    /// It finishes what is in flight and takes nothing new.
    case draining
    /// It runs (its lock is held) but does not answer.
    case silent
    /// A record or handle is left of a daemon that no longer runs.
    case stale
    /// It ended and will be started again after a wait.
    case backoff
    /// It ended too often and stays down until asked for.
    case failed
    /// A word of a later version.
    case unknown(String)

    /// Every state this version knows.
    public static let known: [DaemonState] = [.stopped, .starting, .ready, .degraded, .draining, .silent, .stale, .backoff, .failed]

    /// Whether a process exists for it: starting, ready, degraded, draining or silent.
    public var isRunning: Bool {
        switch self {
        case .starting, .ready, .degraded, .draining, .silent: true
        case .stopped, .stale, .backoff, .failed, .unknown: false
        }
    }

    /// Whether it takes requests: ready or degraded.
    public var isServing: Bool {
        switch self {
        case .ready, .degraded: true
        case .stopped, .starting, .draining, .silent, .stale, .backoff, .failed, .unknown: false
        }
    }
}

extension DaemonState: RawRepresentable, Codable, CustomStringConvertible {
    /// The state of a word on the wire; a word this version does not know becomes `unknown`.
    public init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .unknown(rawValue)
    }

    /// The word on the wire.
    public var rawValue: String {
        switch self {
        case .stopped: "stopped"
        case .starting: "starting"
        case .ready: "ready"
        case .degraded: "degraded"
        case .draining: "draining"
        case .silent: "silent"
        case .stale: "stale"
        case .backoff: "backoff"
        case .failed: "failed"
        case .unknown(let word): word
        }
    }

    /// The word on the wire.
    public var description: String { rawValue }
}
