public import DaemonContract

/// How a job's stream ends: an event without a name whose whole data is the marker, exactly once, and nothing after it.
public enum JobMarker: Hashable, Sendable {
    /// `[DONE]`: the job completed.
    case done
    /// `[ERROR] message`: the job failed.
    case error(String)
    /// `[CANCELLED]`: somebody asked that it end.
    case cancelled

    /// The event's data.
    public var text: String {
        switch self {
        case .done: "[DONE]"
        case .error(let message): "[ERROR] \(message)"
        case .cancelled: "[CANCELLED]"
        }
    }

    /// The marker that is the whole of an event's data, or nil. A text that merely holds one is none.
    public init?(_ text: String) {
        switch text {
        case "[DONE]": self = .done
        case "[CANCELLED]": self = .cancelled
        case "[ERROR]": self = .error("")
        default:
            guard text.hasPrefix("[ERROR] ") else { return nil }
            self = .error(String(text.dropFirst("[ERROR] ".count)))
        }
    }
}

/// One event of a job's stream.
public enum JobStreamEvent: Hashable, Sendable {
    /// What is going on, for people.
    case narration(Narration)
    /// A piece of generated text.
    case token(TokenEvent)
    /// The typed reply, as JSON text; which type it is follows from the operation.
    case result(String)
    /// The end.
    case end(JobMarker)
    /// An event of a later version; clients pass over it.
    case unknown(name: String?, data: String)

    /// The names of events.
    public enum Name {
        /// ``JobStreamEvent/narration(_:)``.
        public static let narration = "narration"
        /// ``JobStreamEvent/token(_:)``.
        public static let token = "token"
        /// ``JobStreamEvent/result(_:)``.
        public static let result = "result"
    }

    /// Reads an event.
    ///
    /// - Parameters:
    ///   - name: the event's name; nil or `message` if it has none.
    ///   - data: its whole data.
    /// - Throws: a `ContractError` when the data does not fit the name.
    public init(name: String?, data: String) throws(ContractError) {
        switch name {
        case Name.narration: self = .narration(try ContractJSON.decode(Narration.self, text: data))
        case Name.token: self = .token(try ContractJSON.decode(TokenEvent.self, text: data))
        case Name.result: self = .result(data)
        case nil, "", "message": self = JobMarker(data).map { .end($0) } ?? .unknown(name: nil, data: data)
        default: self = .unknown(name: name, data: data)
        }
    }

    /// The reply of a completed job as a stream event.
    ///
    /// - Throws: a `ContractError` when the reply cannot be written as JSON.
    public static func reply(_ reply: some Encodable) throws(ContractError) -> JobStreamEvent {
        .result(try ContractJSON.encodeText(reply))
    }

    /// The event's name; nil for the end.
    public var name: String? {
        switch self {
        case .narration: Name.narration
        case .token: Name.token
        case .result: Name.result
        case .end: nil
        case .unknown(let name, _): name
        }
    }

    /// The event's data.
    ///
    /// - Throws: a `ContractError` when it cannot be written as JSON.
    public func data() throws(ContractError) -> String {
        switch self {
        case .narration(let narration): try ContractJSON.encodeText(narration)
        case .token(let token): try ContractJSON.encodeText(token)
        case .result(let json): json
        case .end(let marker): marker.text
        case .unknown(_, let data): data
        }
    }
}

/// A piece of generated text.
public struct TokenEvent: Codable, Hashable, Sendable {
    /// The text, which may be part of a word.
    public var text: String

    /// Makes an event.
    public init(text: String) {
        self.text = text
    }
}

/// What a daemon is doing, told for people. With a job it goes to that job's stream, without one to the log only.
public struct Narration: Codable, Hashable, Sendable {
    /// Who does it (`queen`, `hive/localhost`).
    public var actor: String
    /// What is done, in a word (`spawn`, `schedule`).
    public var action: String
    /// The sentence for people.
    public var human: String
    /// The job it belongs to.
    public var jobID: String?
    /// What it is done to.
    public var target: String?
    /// When, in milliseconds since 1970-01-01 00:00 UTC.
    public var emittedAtMs: UInt64?

    /// Makes a narration.
    public init(actor: String, action: String, human: String, jobID: String? = nil, target: String? = nil, emittedAtMs: UInt64? = nil) {
        self.actor = actor
        self.action = action
        self.human = human
        self.jobID = jobID
        self.target = target
        self.emittedAtMs = emittedAtMs
    }

    private enum CodingKeys: String, CodingKey {
        case actor, action, human, target
        case jobID = "job_id"
        case emittedAtMs = "emitted_at_ms"
    }
}
