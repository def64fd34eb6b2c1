/// A piece of an answer to a chat, as one event of a stream.
///
/// First comes one with the role, then those with text, then one with the reason of the end, then, if the usage was asked for, one
/// without choices that tells it.
public struct ChatCompletionChunk: Codable, Hashable, Sendable {
    /// What is new.
    public struct Delta: Codable, Hashable, Sendable {
        /// Who speaks; only in the first chunk.
        public var role: ChatRole?
        /// The text that is new.
        public var content: String?

        /// Makes a delta.
        public init(role: ChatRole? = nil, content: String? = nil) {
            self.role = role
            self.content = content
        }
    }

    /// One of the answers; there is only one.
    public struct Choice: Codable, Hashable, Sendable {
        /// Which one, counted from 0.
        public var index: Int
        /// What is new.
        public var delta: Delta
        /// Why it ended. Written as null before the end.
        public var finishReason: FinishReason?

        /// Makes a choice.
        public init(index: Int = 0, delta: Delta, finishReason: FinishReason? = nil) {
            self.index = index
            self.delta = delta
            self.finishReason = finishReason
        }

        /// Reads a choice; probabilities are passed over.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            index = try fields.decode(Int.self, forKey: .index)
            delta = try fields.decode(Delta.self, forKey: .delta)
            finishReason = try fields.decodeIfPresent(FinishReason.self, forKey: .finishReason)
        }

        /// Writes also null fields that clients expect.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(index, forKey: .index)
            try fields.encode(delta, forKey: .delta)
            try fields.encodeNil(forKey: .logprobs)
            try fields.encode(finishReason, forKey: .finishReason)
        }

        private enum CodingKeys: String, CodingKey {
            case index, delta, logprobs
            case finishReason = "finish_reason"
        }
    }

    /// The id of the answer, the same in all its chunks.
    public var id: String
    /// `chat.completion.chunk`.
    public var object: String
    /// When the answer was begun: whole seconds since 1970-01-01 00:00 UTC, the same in all its chunks.
    public var created: Int64
    /// The model that answers.
    public var model: String
    /// The answers; empty in the chunk that tells the usage.
    public var choices: [Choice]
    /// The tokens the answer took, in the last chunk if they were asked for.
    public var usage: Usage?
    /// Whether the usage was asked for, so that chunks before the last one say `"usage":null`. Not read from the wire.
    public var tellsUsage: Bool

    /// Makes a chunk.
    public init(id: String, created: Int64, model: String, choices: [Choice], usage: Usage? = nil, tellsUsage: Bool = false) {
        self.id = id
        object = "chat.completion.chunk"
        self.created = created
        self.model = model
        self.choices = choices
        self.usage = usage
        self.tellsUsage = tellsUsage || usage != nil
    }

    /// Reads a chunk.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        object = try fields.decode(String.self, forKey: .object)
        created = try fields.decode(Int64.self, forKey: .created)
        model = try fields.decode(String.self, forKey: .model)
        choices = try fields.decode([Choice].self, forKey: .choices)
        usage = try fields.decodeIfPresent(Usage.self, forKey: .usage)
        tellsUsage = fields.contains(.usage)
    }

    /// Writes the chunk, with a null usage where one is still to come.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(object, forKey: .object)
        try fields.encode(created, forKey: .created)
        try fields.encode(model, forKey: .model)
        try fields.encode(choices, forKey: .choices)
        if tellsUsage { try fields.encode(usage, forKey: .usage) }
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, created, model, choices, usage
    }
}

/// The chunks of one answer, in their order, with what they share.
public struct ChatCompletionStream: Hashable, Sendable {
    private let id: String
    private let created: Int64
    private let model: String
    private let tellsUsage: Bool

    /// Begins an answer.
    ///
    /// - Parameters:
    ///   - id: the answer's id (`chatcmpl-…`).
    ///   - created: whole seconds since 1970-01-01 00:00 UTC.
    ///   - model: the model that answers.
    ///   - includesUsage: whether the request asked for the usage.
    public init(id: String, created: Int64, model: String, includesUsage: Bool) {
        self.id = id
        self.created = created
        self.model = model
        tellsUsage = includesUsage
    }

    /// The first chunk, which tells who speaks.
    public func first() -> ChatCompletionChunk { chunk(.init(role: .assistant, content: ""), nil) }

    /// A chunk with text.
    public func text(_ text: String) -> ChatCompletionChunk { chunk(.init(content: text), nil) }

    /// The chunks at the end: why it ended, and the usage if it was asked for. ``OpenAIStream/end`` follows.
    public func last(_ reason: FinishReason, usage: Usage) -> [ChatCompletionChunk] {
        let end = chunk(.init(), reason)
        guard tellsUsage else { return [end] }
        return [end, ChatCompletionChunk(id: id, created: created, model: model, choices: [], usage: usage)]
    }

    private func chunk(_ delta: ChatCompletionChunk.Delta, _ reason: FinishReason?) -> ChatCompletionChunk {
        ChatCompletionChunk(
            id: id, created: created, model: model, choices: [.init(delta: delta, finishReason: reason)], tellsUsage: tellsUsage)
    }
}
