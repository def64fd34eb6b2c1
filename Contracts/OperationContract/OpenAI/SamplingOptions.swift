/// What a stream is to carry besides the tokens.
public struct StreamOptions: Codable, Hashable, Sendable {
    /// Whether a last chunk without choices tells the usage.
    public var includeUsage: Bool?

    /// Makes options.
    public init(includeUsage: Bool? = nil) {
        self.includeUsage = includeUsage
    }

    private enum CodingKeys: String, CodingKey {
        case includeUsage = "include_usage"
    }
}

/// Strings that end generating: on the wire one string, or an array of them.
public struct StopSequences: Codable, Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The strings.
    public var strings: [String]

    /// Makes sequences.
    public init(_ strings: [String]) {
        self.strings = strings
    }

    /// Makes sequences from a literal.
    public init(arrayLiteral elements: String...) {
        strings = elements
    }

    /// Reads a string or an array of strings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let string = try? container.decode(String.self) {
            strings = [string]
        } else {
            strings = try container.decode([String].self)
        }
    }

    /// Writes an array.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(strings)
    }
}

/// What an engine has to know to generate, whichever request asked for it.
public struct SamplingOptions: Hashable, Sendable {
    /// The tokens generated at most; the engine's own limit when nil.
    public var maxTokens: Int?
    /// The randomness, from 0 (none) to 2.
    public var temperature: Double?
    /// The share of likely tokens considered, from 0 to 1.
    public var topP: Double?
    /// The number of likely tokens considered; 0 means all.
    public var topK: Int?
    /// Makes the same request give the same answer.
    public var seed: Int64?
    /// Strings that end generating and are not part of the answer.
    public var stop: [String]
    /// From -2 to 2: how much what was said at all is avoided.
    public var presencePenalty: Double?
    /// From -2 to 2: how much what was said often is avoided.
    public var frequencyPenalty: Double?

    /// Makes options.
    public init(
        maxTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil, topK: Int? = nil, seed: Int64? = nil, stop: [String] = [],
        presencePenalty: Double? = nil, frequencyPenalty: Double? = nil
    ) {
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.seed = seed
        self.stop = stop
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
    }
}
