/// Something that continues text.
///
/// An engine knows nothing of HTTP or of OpenAI's JSON: it takes a prompt and gives pieces of text. It is asked one step at a
/// time, so whoever consumes the text sets the pace, and whoever stops asking stops the work.
package protocol InferenceEngine: Sendable {
    /// What the engine is, in its own words.
    var profile: EngineProfile { get }

    /// Checks a request and makes everything ready for its first step, without producing text.
    ///
    /// - Throws: `EngineError` when the request asks for what the engine cannot do (a prompt longer than its window, …).
    func begin(_ request: GenerationRequest) throws(EngineError) -> any Generation

    /// A vector for each text, and what reading them cost in tokens.
    ///
    /// - Throws: `EngineError` with `.unsupported` by an engine that has no vectors, `.cancelled` when the calling task was.
    func embed(_ texts: [String], dimensions: Int?) async throws(EngineError) -> TextEmbedding
}

/// One answer in the making.
package protocol Generation: Sendable {
    /// What the prompt cost, in the engine's own tokens.
    var promptTokens: Int { get }

    /// The next piece of text, or the end. After the end it gives the same end again.
    ///
    /// - Throws: `EngineError` with `.cancelled` when the calling task was cancelled.
    mutating func next() async throws(EngineError) -> GenerationStep
}

/// What one step of a generation gave.
package enum GenerationStep: Sendable, Equatable {
    /// A piece of text, never empty and never cut inside a character's bytes.
    case text(String)
    /// Nothing more comes.
    case end(GenerationEnd)
}

/// How a generation ended and what it cost.
package struct GenerationEnd: Sendable, Equatable {
    /// Why it ended.
    package var reason: FinishReason
    /// Tokens read.
    package var promptTokens: Int
    /// Tokens drawn, those swallowed by a stop string included.
    package var completionTokens: Int

    package init(reason: FinishReason, promptTokens: Int, completionTokens: Int) {
        self.reason = reason
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    /// Why a generation ended.
    package enum FinishReason: String, Sendable {
        /// The model came to the end of its text, or to a stop string.
        case stop
        /// The token limit was reached first.
        case length
    }
}

/// What an engine says about itself.
package struct EngineProfile: Sendable, Equatable {
    /// Name of the engine: `builtin`.
    package var name: String
    /// Who made the model, for `owned_by`.
    package var owner: String
    /// One honest sentence on what the model is.
    package var summary: String
    /// Changes whenever the same seed would give another text.
    package var fingerprint: String
    /// Most tokens of a prompt and its answer together.
    package var contextWindow: Int

    package init(name: String, owner: String, summary: String, fingerprint: String, contextWindow: Int) {
        self.name = name
        self.owner = owner
        self.summary = summary
        self.fingerprint = fingerprint
        self.contextWindow = contextWindow
    }
}

/// Vectors for texts.
package struct TextEmbedding: Sendable, Equatable {
    /// One vector for each text, in the order of the texts.
    package var vectors: [[Float]]
    /// Tokens read.
    package var promptTokens: Int

    package init(vectors: [[Float]], promptTokens: Int) {
        self.vectors = vectors
        self.promptTokens = promptTokens
    }
}
