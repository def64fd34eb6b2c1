/// What a request may ask for. The rules are OpenAI's, the bounds ours.
public struct RequestLimits: Hashable, Sendable {
    /// The most tokens one request may generate.
    public var maxTokens: Int
    /// The longest prompt or message, in bytes of UTF-8.
    public var maxPromptBytes: Int
    /// The most messages of a conversation.
    public var maxMessages: Int
    /// The most inputs of one request for embeddings, or prompts of one for completions.
    public var maxInputs: Int
    /// The most stop strings.
    public var maxStops: Int
    /// The longest stop string, in bytes of UTF-8.
    public var maxStopBytes: Int

    /// Makes limits.
    public init(
        maxTokens: Int = 1_048_576, maxPromptBytes: Int = 16 * 1024 * 1024, maxMessages: Int = 10_000, maxInputs: Int = 2048,
        maxStops: Int = 4, maxStopBytes: Int = 256
    ) {
        self.maxTokens = maxTokens
        self.maxPromptBytes = maxPromptBytes
        self.maxMessages = maxMessages
        self.maxInputs = maxInputs
        self.maxStops = maxStops
        self.maxStopBytes = maxStopBytes
    }

    /// Checks that a model is named.
    public func checkModel(_ model: String) throws(OpenAIError) {
        guard !model.isEmpty, model.utf8.count <= 512 else {
            throw .invalid("Invalid 'model': expected the name of a model, of at most 512 bytes.", param: "model", code: "invalid_value")
        }
    }

    /// Checks the length of a text.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - param: the parameter the text stands in.
    ///   - mayBeEmpty: whether no text at all is fine.
    public func checkPrompt(_ text: String, param: String, mayBeEmpty: Bool = false) throws(OpenAIError) {
        guard mayBeEmpty || !text.isEmpty else {
            throw .invalid("Invalid '\(param)': expected some text, but got an empty string.", param: param, code: "empty_string")
        }
        guard text.utf8.count <= maxPromptBytes else {
            throw .invalid(
                "Invalid '\(param)': expected at most \(maxPromptBytes) bytes, but got \(text.utf8.count).", param: param,
                code: "string_above_max_length")
        }
    }

    /// Checks what an engine is asked to do.
    ///
    /// - Parameters:
    ///   - sampling: what is asked.
    ///   - maxTokensParam: the parameter that names the number of tokens.
    public func check(_ sampling: SamplingOptions, maxTokensParam: String = "max_tokens") throws(OpenAIError) {
        try integer(sampling.maxTokens, 1...maxTokens, maxTokensParam)
        try decimal(sampling.temperature, 0...2, "temperature")
        try decimal(sampling.topP, 0...1, "top_p")
        try integer(sampling.topK, 0...1_000_000, "top_k")
        try decimal(sampling.presencePenalty, -2...2, "presence_penalty")
        try decimal(sampling.frequencyPenalty, -2...2, "frequency_penalty")
        guard sampling.stop.count <= maxStops else {
            throw .invalid(
                "Invalid 'stop': array too long. Expected an array with maximum length \(maxStops), but got one with length"
                    + " \(sampling.stop.count) instead.",
                param: "stop", code: "array_above_max_length")
        }
        for (index, stop) in sampling.stop.enumerated() {
            guard (1...maxStopBytes).contains(stop.utf8.count) else {
                throw .invalid(
                    "Invalid 'stop[\(index)]': expected 1 to \(maxStopBytes) bytes, but got \(stop.utf8.count).", param: "stop",
                    code: "invalid_value")
            }
        }
    }

    /// Checks that one answer is asked for, since only one is given.
    public func checkChoices(_ n: Int?) throws(OpenAIError) {
        try integer(n, 1...1, "n")
    }

    /// Checks that the usage in a stream is asked for of a stream.
    public func check(_ options: StreamOptions?, stream: Bool) throws(OpenAIError) {
        guard options == nil || stream else {
            throw .invalid(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param: "stream_options", code: "invalid_value")
        }
    }

    /// Checks a whole number; nil is fine.
    public func integer(_ value: Int?, _ range: ClosedRange<Int>, _ param: String) throws(OpenAIError) {
        guard let value else { return }
        guard value >= range.lowerBound else { throw Self.outside("integer", "below minimum", ">= \(range.lowerBound)", "\(value)", param) }
        guard value <= range.upperBound else { throw Self.outside("integer", "above maximum", "<= \(range.upperBound)", "\(value)", param) }
    }

    /// Checks a number; nil is fine.
    public func decimal(_ value: Double?, _ range: ClosedRange<Double>, _ param: String) throws(OpenAIError) {
        guard let value else { return }
        guard value >= range.lowerBound else {
            throw Self.outside("decimal", "below minimum", ">= \(Self.short(range.lowerBound))", Self.short(value), param)
        }
        guard value <= range.upperBound else {
            throw Self.outside("decimal", "above maximum", "<= \(Self.short(range.upperBound))", Self.short(value), param)
        }
    }

    private static func outside(_ kind: String, _ side: String, _ expected: String, _ found: String, _ param: String) -> OpenAIError {
        .invalid(
            "Invalid '\(param)': \(kind) \(side) value. Expected a value \(expected), but got \(found) instead.", param: param,
            code: "\(kind)_\(side == "below minimum" ? "below_min" : "above_max")_value")
    }

    private static func short(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
