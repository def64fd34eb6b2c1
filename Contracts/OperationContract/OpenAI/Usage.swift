/// Why generating ended.
public struct FinishReason: RawRepresentable, Codable, Hashable, Sendable {
    /// The word on the wire.
    public let rawValue: String

    /// Makes a reason from its word.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The model came to its end, or to a stop string.
    public static let stop = FinishReason(rawValue: "stop")
    /// The limit of tokens was reached.
    public static let length = FinishReason(rawValue: "length")
    /// The model calls a tool.
    public static let toolCalls = FinishReason(rawValue: "tool_calls")
    /// Something was left out by a filter.
    public static let contentFilter = FinishReason(rawValue: "content_filter")
}

/// The tokens a request took.
public struct Usage: Codable, Hashable, Sendable {
    /// Tokens of the prompt.
    public var promptTokens: Int
    /// Tokens generated; absent for embeddings.
    public var completionTokens: Int?
    /// Both together.
    public var totalTokens: Int

    /// Makes the usage of a completion.
    public init(promptTokens: Int, completionTokens: Int) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        totalTokens = promptTokens + completionTokens
    }

    /// Makes the usage of embeddings, which generate nothing.
    public init(promptTokens: Int) {
        self.promptTokens = promptTokens
        totalTokens = promptTokens
    }

    private enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case totalTokens = "total_tokens"
    }
}
