public import DaemonContract

/// Who says a message.
public struct ChatRole: RawRepresentable, Codable, Hashable, Sendable {
    /// The word on the wire.
    public let rawValue: String

    /// Makes a role from its word.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Instructions to the model.
    public static let system = ChatRole(rawValue: "system")
    /// Instructions to the model, by their newer name.
    public static let developer = ChatRole(rawValue: "developer")
    /// The person.
    public static let user = ChatRole(rawValue: "user")
    /// The model.
    public static let assistant = ChatRole(rawValue: "assistant")
    /// The result of a tool.
    public static let tool = ChatRole(rawValue: "tool")
    /// The result of a function, by its older name.
    public static let function = ChatRole(rawValue: "function")

    /// The roles a message may have.
    public static let known: [ChatRole] = [.system, .developer, .user, .assistant, .tool, .function]
}

/// A part of a message.
public enum ChatContentPart: Hashable, Sendable {
    /// `{"type":"text","text":…}`.
    case text(String)
    /// Anything else (an image, a sound), kept as it came.
    case other(type: String, value: JSONValue)
}

extension ChatContentPart: Codable {
    /// Reads a part.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let type = try fields.decode(String.self, forKey: .type)
        switch type {
        case "text": self = .text(try fields.decode(String.self, forKey: .text))
        default: self = .other(type: type, value: try JSONValue(from: decoder))
        }
    }

    /// Writes the part as it came.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text):
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode("text", forKey: .type)
            try fields.encode(text, forKey: .text)
        case .other(_, let value):
            try value.encode(to: encoder)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case type, text
    }
}

/// What a message says: on the wire a string, or an array of parts.
public enum ChatContent: Hashable, Sendable {
    /// A string.
    case text(String)
    /// Parts, which may be other than text.
    case parts([ChatContentPart])

    /// All its text, parts one after the other.
    public var text: String {
        switch self {
        case .text(let text): text
        case .parts(let parts):
            parts.map {
                switch $0 {
                case .text(let text): text
                case .other: ""
                }
            }.joined()
        }
    }

    /// The kind of its first part that is no text, nil if all is text.
    public var otherKind: String? {
        guard case .parts(let parts) = self else { return nil }
        for case .other(let type, _) in parts {
            return type
        }
        return nil
    }
}

extension ChatContent: Codable {
    /// Reads a string or an array of parts.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .parts(try container.decode([ChatContentPart].self))
        }
    }

    /// Writes it as it came.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .parts(let parts): try container.encode(parts)
        }
    }
}

/// One message of a conversation that is sent to a model.
public struct ChatMessage: Codable, Hashable, Sendable {
    /// Who says it.
    public var role: ChatRole
    /// What it says; null for a model that only calls tools.
    public var content: ChatContent?
    /// The name of who says it.
    public var name: String?
    /// The tools a model called, as they came.
    public var toolCalls: JSONValue?
    /// The call whose result this is.
    public var toolCallID: String?

    /// Makes a message of text.
    public init(role: ChatRole, text: String) {
        self.init(role: role, content: .text(text))
    }

    /// Makes a message.
    public init(role: ChatRole, content: ChatContent?, name: String? = nil, toolCalls: JSONValue? = nil, toolCallID: String? = nil) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }

    /// All its text.
    public var text: String { content?.text ?? "" }

    private enum CodingKeys: String, CodingKey {
        case role, content, name
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"
    }
}
