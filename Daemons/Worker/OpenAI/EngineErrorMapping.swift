internal import OperationContract

extension OpenAIError {
    /// What a client is told about a failure of an engine.
    init(engine error: EngineError) {
        switch error.code {
        case .promptTooLong:
            self = .invalid(error.message, param: error.parameter, code: "context_length_exceeded")
        case .invalidParameter:
            self = .invalid(error.message, param: error.parameter, code: "invalid_value")
        case .unsupported:
            self = .invalid(error.message, param: error.parameter, code: "unsupported_value")
        case .unavailable:
            self = .unavailable(error.message, code: "engine_unavailable")
        default:
            self = .server(error.message, code: error.code.name)
        }
    }
}
