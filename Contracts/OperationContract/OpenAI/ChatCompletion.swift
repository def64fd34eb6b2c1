public import DaemonContract

/// A whole answer to a chat.
public struct ChatCompletion: Codable, Hashable, Sendable {
    /// What the model said.
    public struct Message: Codable, Hashable, Sendable {
        /// `assistant`.
        public var role: ChatRole
        /// The text. Written as null when there is none.
        public var content: String?
        /// Why it would not say anything. Written as null when it did.
        public var refusal: String?
        /// The tools it calls, as they came from the engine.
        public var toolCalls: JSONValue?

        /// Makes a message.
        public init(role: ChatRole = .assistant, content: String?, refusal: String? = nil, toolCalls: JSONValue? = nil) {
            self.role = role
            self.content = content
            self.refusal = refusal
            self.toolCalls = toolCalls
        }

        /// Writes also null fields that clients expect.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(role, forKey: .role)
            try fields.encode(content, forKey: .content)
            try fields.encode(refusal, forKey: .refusal)
            try fields.encodeIfPresent(toolCalls, forKey: .toolCalls)
        }

        private enum CodingKeys: String, CodingKey {
            case role, content, refusal
            case toolCalls = "tool_calls"
        }
    }

    /// One of the answers; there is only one.
    public struct Choice: Codable, Hashable, Sendable {
        /// Which one, counted from 0.
        public var index: Int
        /// What the model said.
        public var message: Message
        /// Why it ended.
        public var finishReason: FinishReason?

        /// Makes a choice.
        public init(index: Int = 0, message: Message, finishReason: FinishReason) {
            self.index = index
            self.message = message
            self.finishReason = finishReason
        }

        /// Writes also null fields that clients expect.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(index, forKey: .index)
            try fields.encode(message, forKey: .message)
            try fields.encodeNil(forKey: .logprobs)
            try fields.encode(finishReason, forKey: .finishReason)
        }

        /// Reads a choice; probabilities are passed over.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            index = try fields.decode(Int.self, forKey: .index)
            message = try fields.decode(Message.self, forKey: .message)
            finishReason = try fields.decodeIfPresent(FinishReason.self, forKey: .finishReason)
        }

        private enum CodingKeys: String, CodingKey {
            case index, message, logprobs
            case finishReason = "finish_reason"
        }
    }

    /// Its id (`chatcmpl-…`).
    public var id: String
    /// `chat.completion`.
    public var object: String
    /// When it was made: whole seconds since 1970-01-01 00:00 UTC.
    public var created: Int64
    /// The model that answered.
    public var model: String
    /// The answers.
    public var choices: [Choice]
    /// The tokens it took.
    public var usage: Usage?
    /// What else decides an answer besides request and model.
    public var systemFingerprint: String?

    /// Makes an answer; the time is in whole seconds since 1970-01-01 00:00 UTC.
    public init(id: String, created: Int64, model: String, choices: [Choice], usage: Usage?, systemFingerprint: String? = nil) {
        self.id = id
        object = "chat.completion"
        self.created = created
        self.model = model
        self.choices = choices
        self.usage = usage
        self.systemFingerprint = systemFingerprint
    }

    /// Makes the usual answer: one choice of text.
    public init(id: String, created: Int64, model: String, text: String, finishReason: FinishReason, usage: Usage) {
        self.init(
            id: id, created: created, model: model, choices: [Choice(message: Message(content: text), finishReason: finishReason)],
            usage: usage)
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, created, model, choices, usage
        case systemFingerprint = "system_fingerprint"
    }
}
