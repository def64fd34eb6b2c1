/// Whether a worker or hive takes requests.
///
/// Published rules contradict each other on `busy`: the code called it available, its tests and the scheduler did not. Here
/// `busy` *may* take requests and `ready` is preferred: a model whose workers are all busy is answered late, by the least loaded,
/// rather than not at all.
public enum OperationalStatus: Hashable, Sendable {
    /// It runs and does not serve yet.
    case starting
    /// It serves and has room.
    case ready
    /// It serves and is occupied; a request may have to wait.
    case busy
    /// It finishes what is in flight and takes nothing new.
    case stopping
    /// It does not run.
    case stopped
    /// A word of a later version; takes no requests.
    case unknown(String)

    /// Every status this version knows.
    public static let known: [OperationalStatus] = [.starting, .ready, .busy, .stopping, .stopped]

    /// Whether requests may be sent to it: ready or busy.
    public var takesRequests: Bool {
        switch self {
        case .ready, .busy: true
        case .starting, .stopping, .stopped, .unknown: false
        }
    }

    /// Whether it has ended or is about to: stopping or stopped.
    public var isStopped: Bool {
        switch self {
        case .stopping, .stopped: true
        case .starting, .ready, .busy, .unknown: false
        }
    }
}

extension OperationalStatus: RawRepresentable, Codable, CustomStringConvertible {
    /// The status of a word on the wire; a word this version does not know becomes `unknown`.
    public init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .unknown(rawValue)
    }

    /// The word on the wire.
    public var rawValue: String {
        switch self {
        case .starting: "starting"
        case .ready: "ready"
        case .busy: "busy"
        case .stopping: "stopping"
        case .stopped: "stopped"
        case .unknown(let word): word
        }
    }

    /// The word on the wire.
    public var description: String { rawValue }
}
