import DaemonContract

/// A request of OpenAI's API. Unknown fields are ignored; a proxy passes the bytes on, so that an engine still sees them.
public protocol OpenAIRequest: Codable, Sendable {
    /// The model asked for.
    var model: String { get }

    /// Checks every value against what can be done.
    ///
    /// - Throws: the first fault.
    func validate(_ limits: RequestLimits) throws(OpenAIError)
}

extension OpenAIRequest {
    /// Reads and checks a request.
    ///
    /// - Throws: the error to answer with.
    public static func read(_ bytes: some Sequence<UInt8>, limits: RequestLimits = RequestLimits()) throws(OpenAIError) -> Self {
        let request: Self
        do {
            request = try ContractJSON.decode(Self.self, from: bytes)
        } catch {
            throw OpenAIError(error)
        }
        try request.validate(limits)
        return request
    }
}

/// The paths of OpenAI's API that queens and workers answer.
public enum OpenAIPath {
    /// `POST`: ``ChatCompletionRequest``.
    public static let chatCompletions = "/v1/chat/completions"
    /// `POST`: ``CompletionRequest``.
    public static let completions = "/v1/completions"
    /// `POST`: ``EmbeddingRequest``.
    public static let embeddings = "/v1/embeddings"
    /// `GET`: ``OpenAIModelList``.
    public static let models = "/v1/models"

    /// `GET`: one model.
    public static func model(_ id: String) -> String { "\(models)/\(id)" }
}

/// The data of the event that ends an OpenAI stream.
public enum OpenAIStream {
    /// Sent as an event of its own, after everything.
    public static let end = "[DONE]"
}

/// The ids of OpenAI's objects: a prefix and random digits.
public enum OpenAIID {
    /// A new id, such as `chatcmpl-` and 24 hex digits, from the system's random numbers.
    public static func new(_ prefix: String) -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
        return prefix + String((digits + String(repeating: "0", count: 24)).prefix(24))
    }
}
