/// Text to complete: on the wire a string, or an array of them. Arrays of tokens are not taken.
public struct PromptInput: Codable, Hashable, Sendable {
    /// The texts.
    public var texts: [String]
    /// Whether the wire had a single string.
    public var isSingle: Bool

    /// Makes an input of one text.
    public init(_ text: String) {
        texts = [text]
        isSingle = true
    }

    /// Makes an input of several texts.
    public init(_ texts: [String]) {
        self.texts = texts
        isSingle = false
    }

    /// Reads a string or an array of strings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.init(text)
        } else if let texts = try? container.decode([String].self) {
            self.init(texts)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a string or an array of strings; arrays of tokens are not supported")
        }
    }

    /// Writes it as it came.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if isSingle, let text = texts.first {
            try container.encode(text)
        } else {
            try container.encode(texts)
        }
    }

    func check(_ limits: RequestLimits, param: String) throws(OpenAIError) {
        guard (1...limits.maxInputs).contains(texts.count) else {
            throw .invalid(
                "Invalid '\(param)': expected 1 to \(limits.maxInputs) strings, but got \(texts.count).", param: param,
                code: "invalid_value")
        }
        for (index, text) in texts.enumerated() {
            try limits.checkPrompt(text, param: isSingle ? param : "\(param)[\(index)]")
        }
    }
}

/// The body of `POST /v1/completions`.
public struct CompletionRequest: OpenAIRequest, Hashable {
    /// The tokens generated at most when the request names no number, as OpenAI has it.
    public static let defaultMaxTokens = 16

    /// The model.
    public var model: String
    /// The text to complete; only one is taken.
    public var prompt: PromptInput
    /// Whether the answer comes as a stream.
    public var stream: Bool?
    /// What the stream is to carry besides.
    public var streamOptions: StreamOptions?
    /// The tokens generated at most; ``defaultMaxTokens`` when absent.
    public var maxTokens: Int?
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
    /// Whether the answer begins with the prompt.
    public var echo: Bool?

    /// Makes a request.
    public init(
        model: String, prompt: PromptInput, stream: Bool? = nil, streamOptions: StreamOptions? = nil, maxTokens: Int? = nil,
        temperature: Double? = nil, topP: Double? = nil, n: Int? = nil, stop: StopSequences? = nil, seed: Int64? = nil,
        presencePenalty: Double? = nil, frequencyPenalty: Double? = nil, echo: Bool? = nil
    ) {
        self.model = model
        self.prompt = prompt
        self.stream = stream
        self.streamOptions = streamOptions
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.n = n
        self.stop = stop
        self.seed = seed
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.echo = echo
    }

    /// Whether the answer comes as a stream.
    public var isStreaming: Bool { stream ?? false }

    /// Whether the stream's last chunk tells the usage.
    public var includesUsage: Bool { isStreaming && streamOptions?.includeUsage == true }

    /// What an engine has to know of it.
    public var sampling: SamplingOptions {
        SamplingOptions(
            maxTokens: maxTokens ?? Self.defaultMaxTokens, temperature: temperature, topP: topP, seed: seed, stop: stop?.strings ?? [],
            presencePenalty: presencePenalty, frequencyPenalty: frequencyPenalty)
    }

    public func validate(_ limits: RequestLimits) throws(OpenAIError) {
        try limits.checkModel(model)
        guard prompt.texts.count == 1 else {
            throw .invalid("Invalid 'prompt': expected one string, but got \(prompt.texts.count).", param: "prompt", code: "invalid_value")
        }
        try prompt.check(limits, param: "prompt")
        try limits.check(sampling)
        try limits.checkChoices(n)
        try limits.check(streamOptions, stream: isStreaming)
    }

    private enum CodingKeys: String, CodingKey {
        case model, prompt, stream, temperature, n, stop, seed, echo
        case streamOptions = "stream_options"
        case maxTokens = "max_tokens"
        case topP = "top_p"
        case presencePenalty = "presence_penalty"
        case frequencyPenalty = "frequency_penalty"
    }
}

/// An answer to a completion: the whole of it, or a piece in a stream, which has the same shape.
public struct Completion: Codable, Hashable, Sendable {
    /// One of the answers; there is only one.
    public struct Choice: Codable, Hashable, Sendable {
        /// Which one, counted from 0.
        public var index: Int
        /// The text, or what is new of it.
        public var text: String
        /// Why it ended. Written as null before the end.
        public var finishReason: FinishReason?

        /// Makes a choice.
        public init(index: Int = 0, text: String, finishReason: FinishReason? = nil) {
            self.index = index
            self.text = text
            self.finishReason = finishReason
        }

        /// Reads a choice; probabilities are passed over.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            index = try fields.decode(Int.self, forKey: .index)
            text = try fields.decode(String.self, forKey: .text)
            finishReason = try fields.decodeIfPresent(FinishReason.self, forKey: .finishReason)
        }

        /// Writes also null fields that clients expect.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(index, forKey: .index)
            try fields.encode(text, forKey: .text)
            try fields.encodeNil(forKey: .logprobs)
            try fields.encode(finishReason, forKey: .finishReason)
        }

        private enum CodingKeys: String, CodingKey {
            case index, text, logprobs
            case finishReason = "finish_reason"
        }
    }

    /// Its id (`cmpl-…`).
    public var id: String
    /// `text_completion`.
    public var object: String
    /// When it was made: whole seconds since 1970-01-01 00:00 UTC.
    public var created: Int64
    /// The model that answered.
    public var model: String
    /// The answers; empty in the chunk that tells the usage.
    public var choices: [Choice]
    /// The tokens it took.
    public var usage: Usage?

    /// Makes an answer; the time is in whole seconds since 1970-01-01 00:00 UTC.
    public init(id: String, created: Int64, model: String, choices: [Choice], usage: Usage? = nil) {
        self.id = id
        object = "text_completion"
        self.created = created
        self.model = model
        self.choices = choices
        self.usage = usage
    }
}
