package import OperationContract

/// OpenAI's requests, answered by an engine in this process.
package struct OpenAIService: OpenAIBackend {
    package let model: OpenAIModel
    private let engine: any InferenceEngine
    private let limits: RequestLimits
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - model: the name under which the engine is served.
    ///   - now: seconds since 1970, for `created`.
    package init(engine: any InferenceEngine, model: String, limits: RequestLimits = RequestLimits(), now: @escaping @Sendable () -> Int64)
    {
        self.engine = engine
        self.limits = limits
        self.now = now
        self.model = OpenAIModel(id: model, created: now(), ownedBy: engine.profile.owner)
    }

    package func chatCompletions(_ body: [UInt8]) async -> OpenAIAnswer {
        await answer { () throws(OpenAIError) in
            let request = try ChatCompletionRequest.read(body, limits: limits)
            try check(request.model)
            let generation = try begin(.chat(try messages(of: request)), request.sampling)
            let id = OpenAIID.new("chatcmpl-")
            let created = now()
            guard request.isStreaming else {
                let (text, end) = try await finish(generation)
                var completion = ChatCompletion(
                    id: id, created: created, model: model.id, text: text, finishReason: end.finishReason, usage: end.usage)
                completion.systemFingerprint = engine.profile.fingerprint
                return .json(completion)
            }
            let chunks = ChatCompletionStream(id: id, created: created, model: model.id, includesUsage: request.includesUsage)
            return stream(generation, first: chunks.first()) { step in
                switch step {
                case .text(let text): [chunks.text(text)]
                case .end(let end): chunks.last(end.finishReason, usage: end.usage)
                }
            }
        }
    }

    package func completions(_ body: [UInt8]) async -> OpenAIAnswer {
        await answer { () throws(OpenAIError) in
            let request = try CompletionRequest.read(body, limits: limits)
            try check(request.model)
            let prompt = request.prompt.texts.first ?? ""
            let generation = try begin(.text(prompt), request.sampling)
            let id = OpenAIID.new("cmpl-")
            let created = now()
            let name = model.id
            let echo = request.echo == true ? prompt : ""
            guard request.isStreaming else {
                let (text, end) = try await finish(generation)
                let choice = Completion.Choice(text: echo + text, finishReason: end.finishReason)
                return .json(Completion(id: id, created: created, model: name, choices: [choice], usage: end.usage))
            }
            let includesUsage = request.includesUsage
            @Sendable func chunk(_ text: String, _ reason: OperationContract.FinishReason? = nil) -> Completion {
                Completion(id: id, created: created, model: name, choices: [.init(text: text, finishReason: reason)])
            }
            return stream(generation, first: echo.isEmpty ? nil : chunk(echo)) { step in
                switch step {
                case .text(let text):
                    [chunk(text)]
                case .end(let end):
                    [chunk("", end.finishReason)]
                        + (includesUsage ? [Completion(id: id, created: created, model: name, choices: [], usage: end.usage)] : [])
                }
            }
        }
    }

    package func embeddings(_ body: [UInt8]) async -> OpenAIAnswer {
        await answer { () throws(OpenAIError) in
            let request = try EmbeddingRequest.read(body, limits: limits)
            try check(request.model)
            let embedding = try await vectors(of: request)
            let data = embedding.vectors.enumerated().map { index, vector in
                Embedding(index: index, embedding: EmbeddingVector(vector, base64: request.wantsBase64))
            }
            return .json(EmbeddingList(data: data, model: model.id, usage: Usage(promptTokens: embedding.promptTokens)))
        }
    }

    // MARK: Requests

    private func answer(_ make: () async throws(OpenAIError) -> OpenAIAnswer) async -> OpenAIAnswer {
        do {
            return try await make()
        } catch {
            return .failure(error)
        }
    }

    private func check(_ name: String) throws(OpenAIError) {
        guard name == model.id else { throw unknownModel(name) }
    }

    private func messages(of request: ChatCompletionRequest) throws(OpenAIError) -> [GenerationRequest.Message] {
        var messages: [GenerationRequest.Message] = []
        for (index, message) in request.messages.enumerated() {
            if let kind = message.content?.otherKind {
                throw .invalid(
                    "The model '\(model.id)' reads text only, and got a part of type '\(kind)'.", param: "messages[\(index)].content",
                    code: "unsupported_value")
            }
            messages.append(GenerationRequest.Message(role: message.role.rawValue, content: message.text))
        }
        return messages
    }

    private func begin(_ prompt: GenerationRequest.Prompt, _ options: SamplingOptions) throws(OpenAIError) -> any Generation {
        let sampling = GenerationRequest.Sampling(
            temperature: options.temperature ?? 1,
            topP: options.topP ?? 1,
            seed: options.seed.map { UInt64(bitPattern: $0) },
            presencePenalty: options.presencePenalty ?? 0,
            frequencyPenalty: options.frequencyPenalty ?? 0
        )
        let request = GenerationRequest(prompt: prompt, maxTokens: options.maxTokens, sampling: sampling, stop: options.stop)
        do {
            return try engine.begin(request)
        } catch {
            throw OpenAIError(engine: error)
        }
    }

    private func vectors(of request: EmbeddingRequest) async throws(OpenAIError) -> TextEmbedding {
        do {
            return try await engine.embed(request.input.texts, dimensions: request.dimensions)
        } catch {
            throw OpenAIError(engine: error)
        }
    }

    // MARK: Answers

    private func finish(_ generation: any Generation) async throws(OpenAIError) -> (String, GenerationEnd) {
        var generation = generation
        var text = ""
        do {
            while true {
                switch try await generation.next() {
                case .text(let piece): text += piece
                case .end(let end): return (text, end)
                }
            }
        } catch {
            throw OpenAIError(engine: error)
        }
    }

    private func stream<Chunk: Encodable & Sendable>(
        _ generation: any Generation, first: Chunk?, chunks: @escaping @Sendable (GenerationStep) -> [Chunk]
    ) -> OpenAIAnswer {
        .events { sink in
            var generation = generation
            if let first { try await sink(try OpenAIAnswer.event(first)) }
            while true {
                let step: GenerationStep
                do throws(EngineError) {
                    step = try await generation.next()
                } catch {
                    // The status has been sent: all that is left is to say it in the stream, and to end without the end mark.
                    try await sink(try OpenAIAnswer.event(OpenAIError(engine: error)))
                    throw error
                }
                for chunk in chunks(step) { try await sink(try OpenAIAnswer.event(chunk)) }
                guard case .text = step else { break }
            }
            try await sink(OpenAIAnswer.end)
        }
    }
}

extension GenerationEnd {
    fileprivate var finishReason: OperationContract.FinishReason {
        switch reason {
        case .stop: .stop
        case .length: .length
        }
    }

    fileprivate var usage: Usage { Usage(promptTokens: promptTokens, completionTokens: completionTokens) }
}
