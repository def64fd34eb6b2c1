/// The body of `POST /v1/chat/completions`.
public struct ChatCompletionRequest: OpenAIRequest, Hashable {
    /// The model.
    public var model: String
    /// The conversation so far, oldest first.
    public var messages: [ChatMessage]
    /// Whether the answer comes as a stream of chunks.
    public var stream: Bool?
    /// What the stream is to carry besides.
    public var streamOptions: StreamOptions?
    /// The tokens generated at most, by its older name.
    public var maxTokens: Int?
    /// The tokens generated at most; counts before ``maxTokens``.
    public var maxCompletionTokens: Int?
    /// The randomness, from 0 to 2.
    public var temperature: Double?
    /// The share of likely tokens considered, from 0 to 1.
    public var topP: Double?
    /// The number of answers; only 1 is given.
    public var n: Int?
    /// Strings that end generating.
    public var stop: StopSequences?
    /// Makes the same request give the same answer.
    public var seed: Int64?
    /// From -2 to 2.
    public var presencePenalty: Double?
    /// From -2 to 2.
    public var frequencyPenalty: Double?
    /// Who asks, in the caller's own terms.
    public var user: String?

    /// Makes a request.
    public init(
        model: String, messages: [ChatMessage], stream: Bool? = nil, streamOptions: StreamOptions? = nil, maxTokens: Int? = nil,
        maxCompletionTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil, n: Int? = nil, stop: StopSequences? = nil,
        seed: Int64? = nil, presencePenalty: Double? = nil, frequencyPenalty: Double? = nil, user: String? = nil
    ) {
        self.model = model
        self.messages = messages
        self.stream = stream
        self.streamOptions = streamOptions
        self.maxTokens = maxTokens
        self.maxCompletionTokens = maxCompletionTokens
        self.temperature = temperature
        self.topP = topP
        self.n = n
        self.stop = stop
        self.seed = seed
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.user = user
    }

    /// Whether the answer comes as a stream.
    public var isStreaming: Bool { stream ?? false }

    /// Whether the stream's last chunk tells the usage.
    public var includesUsage: Bool { isStreaming && streamOptions?.includeUsage == true }

    /// What an engine has to know of it.
    public var sampling: SamplingOptions {
        SamplingOptions(
            maxTokens: maxCompletionTokens ?? maxTokens, temperature: temperature, topP: topP, seed: seed, stop: stop?.strings ?? [],
            presencePenalty: presencePenalty, frequencyPenalty: frequencyPenalty)
    }

    public func validate(_ limits: RequestLimits) throws(OpenAIError) {
        try limits.checkModel(model)
        guard !messages.isEmpty else {
            throw .invalid(
                "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
                param: "messages",
                code: "empty_array")
        }
        guard messages.count <= limits.maxMessages else {
            throw .invalid(
                "Invalid 'messages': array too long. Expected an array with maximum length \(limits.maxMessages), but got one with length"
                    + " \(messages.count) instead.",
                param: "messages", code: "array_above_max_length")
        }
        for (index, message) in messages.enumerated() {
            guard ChatRole.known.contains(message.role) else {
                let known = ChatRole.known.map { "'\($0.rawValue)'" }.joined(separator: ", ")
                throw .invalid(
                    "Invalid value: '\(message.role.rawValue)'. Supported values are: \(known).", param: "messages[\(index)].role",
                    code: "invalid_value")
            }
            guard message.content != nil || message.role == .assistant else {
                throw .invalid(
                    "Invalid value for 'content': expected a string or an array of parts, got null.", param: "messages[\(index)].content",
                    code: "invalid_value")
            }
            try limits.checkPrompt(message.text, param: "messages[\(index)].content", mayBeEmpty: true)
        }
        // Both are checked, though one counts: a wrong number is a mistake wherever it stands.
        try limits.integer(maxTokens, 1...limits.maxTokens, "max_tokens")
        try limits.check(sampling, maxTokensParam: maxCompletionTokens == nil ? "max_tokens" : "max_completion_tokens")
        try limits.checkChoices(n)
        try limits.check(streamOptions, stream: isStreaming)
    }

    private enum CodingKeys: String, CodingKey {
        case model, messages, stream, temperature, n, stop, seed, user
        case streamOptions = "stream_options"
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        case topP = "top_p"
        case presencePenalty = "presence_penalty"
        case frequencyPenalty = "frequency_penalty"
    }
}
