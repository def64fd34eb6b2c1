import Worker

/// Everything a generation gave.
struct Answer: Equatable {
    var pieces: [String]
    var end: GenerationEnd

    var text: String { pieces.joined() }
}

extension InferenceEngine {
    /// Runs a generation to its end.
    func answer(_ request: GenerationRequest) async throws -> Answer {
        var generation = try begin(request)
        var pieces: [String] = []
        while true {
            switch try await generation.next() {
            case .text(let text): pieces.append(text)
            case .end(let end): return Answer(pieces: pieces, end: end)
            }
        }
    }

    func complete(
        _ prompt: String, maxTokens: Int? = nil, temperature: Double = 0, topP: Double = 1, seed: UInt64? = nil, stop: [String] = []
    ) async throws -> Answer {
        try await answer(
            GenerationRequest(
                prompt: .text(prompt),
                maxTokens: maxTokens,
                sampling: .init(temperature: temperature, topP: topP, seed: seed),
                stop: stop
            )
        )
    }

    func chat(_ question: String, temperature: Double = 0, seed: UInt64? = nil) async throws -> Answer {
        try await answer(
            GenerationRequest(
                prompt: .chat([.init(role: "user", content: question)]),
                sampling: .init(temperature: temperature, seed: seed)
            )
        )
    }
}

/// One engine for all tests: it never changes.
let builtin = BuiltinEngine()
