/// What the context daemon answers. On the wire a map with the key `status`, or a list in the order of the declarations here.
public enum ContextResponse: Hashable, Sendable {
    /// Done; with what was asked for, if anything was.
    case ok(ContextData?)
    /// Taken on, and not yet done.
    case ack
    /// Not done.
    case error(code: ContextErrorCode, message: String)
}

/// Why the context daemon did not do what it was asked. Codes that this version does not know decode all the same.
public struct ContextErrorCode: RawRepresentable, Codable, Hashable, Sendable {
    /// The code on the wire.
    public let rawValue: String

    /// Makes a code.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The project has not been initialized.
    public static let notInitialized = ContextErrorCode(rawValue: "not_initialized")
    /// The request is none, or its fields cannot be.
    public static let invalidRequest = ContextErrorCode(rawValue: "invalid_request")
    /// The daemon failed at it.
    public static let internalError = ContextErrorCode(rawValue: "internal_error")
    /// The rest of a message did not come in time.
    public static let timeout = ContextErrorCode(rawValue: "timeout")
    /// The daemon is closing.
    public static let shuttingDown = ContextErrorCode(rawValue: "shutting_down")
    /// Too many connections, or too much waits to be done: later it may work.
    public static let overloaded = ContextErrorCode(rawValue: "overloaded")
}

extension ContextResponse: Codable {
    private enum StatusKey: String, CodingKey { case status }
    private enum OKKeys: String, CodingKey, CaseIterable { case status, data }
    private enum AckKeys: String, CodingKey, CaseIterable { case status }
    private enum ErrorKeys: String, CodingKey, CaseIterable { case status, code, message }

    private enum Status: String, Codable { case ok, ack, error }

    /// Reads a response.
    public init(from decoder: any Decoder) throws {
        let status: Status
        // Maps first: almost all are, and a refusal costs more than the whole rest.
        if let fields = try? decoder.container(keyedBy: StatusKey.self) {
            status = try fields.decode(Status.self, forKey: .status)
        } else {
            var list = try decoder.unkeyedContainer()
            status = try list.decode(Status.self)
        }
        switch status {
        case .ok:
            self = .ok(try decoder.container(keyedBy: OKKeys.self).decodeIfPresent(ContextData.self, forKey: .data))
        case .ack:
            _ = try decoder.container(keyedBy: AckKeys.self)
            self = .ack
        case .error:
            let fields = try decoder.container(keyedBy: ErrorKeys.self)
            self = .error(
                code: try fields.decode(ContextErrorCode.self, forKey: .code), message: try fields.decode(String.self, forKey: .message))
        }
    }

    /// Writes the response as a map.
    public func encode(to encoder: any Encoder) throws {
        var head = encoder.container(keyedBy: StatusKey.self)
        switch self {
        case .ok(let data):
            try head.encode(Status.ok, forKey: .status)
            var fields = encoder.container(keyedBy: OKKeys.self)
            try fields.encodeIfPresent(data, forKey: .data)
        case .ack:
            try head.encode(Status.ack, forKey: .status)
        case .error(let code, let message):
            try head.encode(Status.error, forKey: .status)
            var fields = encoder.container(keyedBy: ErrorKeys.self)
            try fields.encode(code, forKey: .code)
            try fields.encode(message, forKey: .message)
        }
    }
}
