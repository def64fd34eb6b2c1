import FoundationEssentials

/// The body of `POST /v1/embeddings`.
public struct EmbeddingRequest: OpenAIRequest, Hashable {
    /// The model.
    public var model: String
    /// The texts.
    public var input: PromptInput
    /// `float` (the default) or `base64`, which OpenAI's own Python client asks for.
    public var encodingFormat: String?
    /// The length of the vectors asked for.
    public var dimensions: Int?
    /// Who asks, in the caller's own terms.
    public var user: String?

    /// Makes a request.
    public init(model: String, input: PromptInput, encodingFormat: String? = nil, dimensions: Int? = nil, user: String? = nil) {
        self.model = model
        self.input = input
        self.encodingFormat = encodingFormat
        self.dimensions = dimensions
        self.user = user
    }

    /// Whether the vectors are to be written as base64.
    public var wantsBase64: Bool { encodingFormat == "base64" }

    public func validate(_ limits: RequestLimits) throws(OpenAIError) {
        try limits.checkModel(model)
        try input.check(limits, param: "input")
        guard ["float", "base64", nil].contains(encodingFormat) else {
            throw .invalid(
                "Invalid value: '\(encodingFormat ?? "")'. Supported values are: 'float' and 'base64'.", param: "encoding_format",
                code: "invalid_value")
        }
        try limits.integer(dimensions, 1...65_536, "dimensions")
    }

    private enum CodingKeys: String, CodingKey {
        case model, input, dimensions, user
        case encodingFormat = "encoding_format"
    }
}

/// The vector of a text: on the wire an array of numbers, or base64 of 32-bit floats, lowest byte first.
public enum EmbeddingVector: Hashable, Sendable {
    /// Numbers.
    case floats([Float])
    /// Base64.
    case base64(String)

    /// The vector in the form that was asked for.
    public init(_ values: [Float], base64: Bool) {
        guard base64 else {
            self = .floats(values)
            return
        }
        var bytes = Data(capacity: values.count * 4)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        self = .base64(bytes.base64EncodedString())
    }
}

extension EmbeddingVector: Codable {
    /// Reads either form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .base64(text)
        } else {
            self = .floats(try container.decode([Float].self))
        }
    }

    /// Writes the form it has.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .floats(let values): try container.encode(values)
        case .base64(let text): try container.encode(text)
        }
    }
}

/// The vector of one text.
public struct Embedding: Codable, Hashable, Sendable {
    /// `embedding`.
    public var object: String
    /// Which of the texts, counted from 0.
    public var index: Int
    /// The vector.
    public var embedding: EmbeddingVector

    /// Makes an embedding.
    public init(index: Int, embedding: EmbeddingVector) {
        object = "embedding"
        self.index = index
        self.embedding = embedding
    }
}

/// The answer to a request for embeddings.
public struct EmbeddingList: Codable, Hashable, Sendable {
    /// `list`.
    public var object: String
    /// One for each text, in their order.
    public var data: [Embedding]
    /// The model that answered.
    public var model: String
    /// The tokens it took.
    public var usage: Usage

    /// Makes an answer.
    public init(data: [Embedding], model: String, usage: Usage) {
        object = "list"
        self.data = data
        self.model = model
        self.usage = usage
    }
}
