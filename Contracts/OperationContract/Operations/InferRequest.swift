/// A prompt to complete, as the `infer` operation carries it.
///
/// Only model and prompt are required. What older clients always send (`hive_id`, `max_tokens`, `temperature`) may be left out.
public struct InferRequest: Codable, Hashable, Sendable {
    /// The tokens generated at most when the request names no number.
    public static let defaultMaxTokens = 256

    /// The hive whose worker shall answer; any when absent.
    public var hiveID: String?
    /// The model.
    public var model: String
    /// The text to complete.
    public var prompt: String
    /// The tokens generated at most; ``defaultMaxTokens`` when absent.
    public var maxTokens: Int?
    /// The randomness, from 0 (none) to 2; the engine's own when absent.
    public var temperature: Double?
    /// The share of likely tokens considered, from 0 to 1.
    public var topP: Double?
    /// The number of likely tokens considered; 0 means all.
    public var topK: Int?
    /// Makes the same request give the same answer.
    public var seed: Int64?
    /// What the model is told before the prompt; with it the request is a chat of two messages.
    public var system: String?
    /// The device a worker must compute on (`cpu`, `cuda:0`); any when absent.
    public var device: String?
    /// The worker that shall answer; any when absent.
    public var workerID: String?
    /// Whether tokens are to be streamed as they come; yes when read without it. Always written.
    public var stream: Bool

    /// Makes a request.
    public init(
        hiveID: String? = nil, model: String, prompt: String, maxTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil,
        topK: Int? = nil, seed: Int64? = nil, system: String? = nil, device: String? = nil, workerID: String? = nil, stream: Bool = true
    ) {
        self.hiveID = hiveID
        self.model = model
        self.prompt = prompt
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.seed = seed
        self.system = system
        self.device = device
        self.workerID = workerID
        self.stream = stream
    }

    /// Reads a request; without `stream`, tokens are streamed.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        hiveID = try fields.decodeIfPresent(String.self, forKey: .hiveID)
        model = try fields.decode(String.self, forKey: .model)
        prompt = try fields.decode(String.self, forKey: .prompt)
        maxTokens = try fields.decodeIfPresent(Int.self, forKey: .maxTokens)
        temperature = try fields.decodeIfPresent(Double.self, forKey: .temperature)
        topP = try fields.decodeIfPresent(Double.self, forKey: .topP)
        topK = try fields.decodeIfPresent(Int.self, forKey: .topK)
        seed = try fields.decodeIfPresent(Int64.self, forKey: .seed)
        system = try fields.decodeIfPresent(String.self, forKey: .system)
        device = try fields.decodeIfPresent(String.self, forKey: .device)
        workerID = try fields.decodeIfPresent(String.self, forKey: .workerID)
        stream = try fields.decodeIfPresent(Bool.self, forKey: .stream) ?? true
    }

    /// What an engine has to know of it.
    public var sampling: SamplingOptions {
        SamplingOptions(maxTokens: maxTokens ?? Self.defaultMaxTokens, temperature: temperature, topP: topP, topK: topK, seed: seed)
    }

    /// Checks every value against what an engine can do.
    ///
    /// - Throws: the first fault, in the shape of OpenAI's errors.
    public func validate(_ limits: RequestLimits = RequestLimits()) throws(OpenAIError) {
        try limits.checkModel(model)
        try limits.checkPrompt(prompt, param: "prompt")
        try limits.check(sampling)
    }

    private enum CodingKeys: String, CodingKey {
        case hiveID = "hive_id"
        case model, prompt, temperature, seed, system, device, stream
        case maxTokens = "max_tokens"
        case topP = "top_p"
        case topK = "top_k"
        case workerID = "worker_id"
    }
}
