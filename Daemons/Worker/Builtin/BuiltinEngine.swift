/// The engine that is always there: a small n-gram model, trained on a few pages when it starts.
///
/// It is honest about what it is. It exists so that the whole chain from keeper to worker runs, streams and is tested anywhere,
/// without a download.
package struct BuiltinEngine: InferenceEngine {
    /// Tokens drawn when the request does not say how many.
    package static let defaultMaxTokens = 512
    /// Most tokens of prompt and answer together.
    package static let contextWindow = 8192

    package let profile: EngineProfile
    private let model: NGramModel
    private let topics: TopicIndex
    private let vectors: TextVectors

    /// Trains the model, which takes a few milliseconds.
    package init() {
        self.init(texts: Corpus.texts)
    }

    /// - Parameter texts: what the model reads; the first is what it falls back on when a question touches none.
    init(texts: [String]) {
        let model = NGramModel(texts: texts)
        self.model = model
        topics = TopicIndex(model: model)
        vectors = TextVectors()
        var hash = StableHash()
        for text in texts {
            hash.combine(text.utf8)
            hash.combine([0])
        }
        profile = EngineProfile(
            name: "builtin",
            owner: "rbee",
            summary: "a small n-gram model trained on a few pages of English; it continues text and understands nothing",
            fingerprint: "fp_rbee_ngram1_" + String(hash.value, radix: 16),
            contextWindow: Self.contextWindow
        )
    }

    package func begin(_ request: GenerationRequest) throws(EngineError) -> any Generation {
        try check(request)
        let written = rendered(request.prompt)
        guard let tokens = model.tokenizer.encode(written, limit: Self.contextWindow - 1) else {
            throw EngineError(
                .promptTooLong,
                "the prompt has more than \(Self.contextWindow - 1) tokens, and this model's window is \(Self.contextWindow); shorten it",
                parameter: request.prompt.parameter
            )
        }
        var context: [Tokenizer.Token] = [Tokenizer.end]
        let question: [UInt8]
        switch request.prompt {
        case .chat(let messages):
            // An answer begins like a text of its own; what was asked decides which texts it draws on.
            question = Array((messages.last { $0.role == "user" }?.content ?? "").utf8)
        case .text:
            question = Array(written.suffix(2048))
            context += tokens.suffix(NGramModel.contextLength)
        }
        let room = Self.contextWindow - tokens.count
        return NGramGeneration(
            model: model,
            weights: topics.weights(for: question, fallback: request.prompt.isChat ? 0 : nil),
            context: context,
            promptTokens: tokens.count,
            maxTokens: min(request.maxTokens ?? Self.defaultMaxTokens, room),
            sampler: Sampler(request.sampling),
            stops: StopMatcher(stops: request.stop)
        )
    }

    package func embed(_ texts: [String], dimensions: Int?) async throws(EngineError) -> TextEmbedding {
        let dimensions = dimensions ?? TextVectors.defaultDimensions
        guard (1...TextVectors.mostDimensions).contains(dimensions) else {
            throw EngineError(
                .invalidParameter,
                "dimensions must be between 1 and \(TextVectors.mostDimensions), not \(dimensions)",
                parameter: "dimensions"
            )
        }
        var result = TextEmbedding(vectors: [], promptTokens: 0)
        for text in texts {
            let bytes = Array(text.utf8)
            guard let tokens = model.tokenizer.encode(bytes, limit: Self.contextWindow) else {
                throw EngineError(
                    .promptTooLong,
                    "a text has more than \(Self.contextWindow) tokens, the most this model reads at once; split it",
                    parameter: "input"
                )
            }
            result.promptTokens += tokens.count
            result.vectors.append(vectors.vector(of: bytes, dimensions: dimensions))
            // A long text takes milliseconds, and there may be thousands.
            await Task.yield()
            if Task.isCancelled { throw EngineError(.cancelled, "the request was cancelled") }
        }
        return result
    }

    private func check(_ request: GenerationRequest) throws(EngineError) {
        if let maxTokens = request.maxTokens, maxTokens < 1 {
            throw EngineError(.invalidParameter, "max_tokens must be at least 1, not \(maxTokens)", parameter: "max_tokens")
        }
        let sampling = request.sampling
        guard (0...2).contains(sampling.temperature) else {
            throw EngineError(
                .invalidParameter, "temperature must be between 0 and 2, not \(sampling.temperature)", parameter: "temperature")
        }
        guard (0...1).contains(sampling.topP) else {
            throw EngineError(.invalidParameter, "top_p must be between 0 and 1, not \(sampling.topP)", parameter: "top_p")
        }
        for (name, penalty) in [("presence_penalty", sampling.presencePenalty), ("frequency_penalty", sampling.frequencyPenalty)] {
            guard (-2...2).contains(penalty) else {
                throw EngineError(.invalidParameter, "\(name) must be between -2 and 2, not \(penalty)", parameter: name)
            }
        }
    }

    /// The prompt as the model reads it, and as its tokens are counted.
    private func rendered(_ prompt: GenerationRequest.Prompt) -> [UInt8] {
        switch prompt {
        case .text(let text):
            return Array(text.utf8)
        case .chat(let messages):
            var bytes: [UInt8] = []
            for message in messages {
                bytes += message.role.utf8
                bytes += ": ".utf8
                bytes += message.content.utf8
                bytes.append(0x0A)
            }
            bytes += "assistant:".utf8
            return bytes
        }
    }
}

extension GenerationRequest.Prompt {
    fileprivate var isChat: Bool {
        switch self {
        case .chat: true
        case .text: false
        }
    }

    /// The name of the request field that holds the prompt.
    fileprivate var parameter: String { isChat ? "messages" : "prompt" }
}
