package import OperationContract

/// What answers OpenAI's requests for one model: an engine in this process, or one behind a connection.
package protocol OpenAIBackend: Sendable {
    /// The model it serves.
    var model: OpenAIModel { get }

    /// Answers the body of `POST /v1/chat/completions`.
    func chatCompletions(_ body: [UInt8]) async -> OpenAIAnswer

    /// Answers the body of `POST /v1/completions`.
    func completions(_ body: [UInt8]) async -> OpenAIAnswer

    /// Answers the body of `POST /v1/embeddings`.
    func embeddings(_ body: [UInt8]) async -> OpenAIAnswer
}

extension OpenAIBackend {
    /// Answers `GET /v1/models`.
    package func models() -> OpenAIAnswer {
        .json(OpenAIModelList(data: [model]))
    }

    /// Answers `GET /v1/models/{id}`.
    package func model(named name: String) -> OpenAIAnswer {
        name == model.id ? .json(model) : .failure(unknownModel(name))
    }

    /// The error for a model that is served elsewhere, if anywhere.
    func unknownModel(_ name: String) -> OpenAIError {
        .modelNotFound(name, hint: "This worker serves '\(model.id)'.")
    }
}
