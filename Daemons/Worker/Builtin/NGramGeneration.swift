/// One answer of the n-gram model, drawn token by token.
struct NGramGeneration: Generation {
    private let model: NGramModel
    private let weights: [Double]
    private let unigram: [Double]
    private let maxTokens: Int
    let promptTokens: Int
    private var context: [Tokenizer.Token]
    private var sampler: Sampler
    private var stops: StopMatcher
    private var drawn = 0
    private var state = State.drawing

    private enum State {
        /// More tokens may come. Can transition to ending.
        case drawing
        /// All text is given out; only the end is left to say, any number of times.
        case ended(GenerationEnd.FinishReason)
    }

    init(
        model: NGramModel, weights: [Double], context: [Tokenizer.Token], promptTokens: Int, maxTokens: Int, sampler: Sampler,
        stops: StopMatcher
    ) {
        self.model = model
        self.weights = weights
        self.context = context
        self.promptTokens = promptTokens
        self.maxTokens = maxTokens
        self.sampler = sampler
        self.stops = stops
        unigram = model.unigram(weights: weights)
    }

    mutating func next() async throws(EngineError) -> GenerationStep {
        while true {
            guard !Task.isCancelled else { throw EngineError(.cancelled, "the generation was cancelled after \(drawn) tokens") }
            switch state {
            case .ended(let reason):
                return .end(GenerationEnd(reason: reason, promptTokens: promptTokens, completionTokens: drawn))
            case .drawing:
                let text = step()
                // Drawing a token takes microseconds and many answers share one loop: let the others have their turn.
                await Task.yield()
                if !text.isEmpty { return .text(text) }
            }
        }
    }

    /// Draws one token and gives the text that is certain after it.
    private mutating func step() -> String {
        guard drawn < maxTokens else { return end(.length) }
        let probabilities = model.distribution(after: context, weights: weights, unigram: unigram)
        guard let index = sampler.draw(from: probabilities), index != Int(Tokenizer.end) else { return end(.stop) }
        let token = Tokenizer.Token(index)
        drawn += 1
        context.append(token)
        if context.count > 2 * NGramModel.contextLength { context.removeFirst(NGramModel.contextLength) }
        // Only whole words are ever drawn, since bytes never occur in the training text, and so no character is cut.
        let text = stops.push(String(decoding: model.tokenizer.bytes(of: token), as: UTF8.self))
        if stops.isStopped {
            state = .ended(.stop)
        } else if drawn == maxTokens {
            return text + end(.length)
        }
        return text
    }

    private mutating func end(_ reason: GenerationEnd.FinishReason) -> String {
        state = .ended(reason)
        return stops.finish()
    }
}
