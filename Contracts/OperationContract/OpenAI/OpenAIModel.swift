/// A model that can be asked, in the list of `GET /v1/models`.
public struct OpenAIModel: Codable, Hashable, Sendable {
    /// Its id, by which requests name it.
    public var id: String
    /// `model`.
    public var object: String
    /// When it was made: whole seconds since 1970-01-01 00:00 UTC.
    public var created: Int64
    /// Whose it is.
    public var ownedBy: String

    /// Makes a model; the time is in whole seconds since 1970-01-01 00:00 UTC.
    public init(id: String, created: Int64, ownedBy: String = "rbee") {
        self.id = id
        object = "model"
        self.created = created
        self.ownedBy = ownedBy
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, created
        case ownedBy = "owned_by"
    }
}

/// The answer of `GET /v1/models`.
public struct OpenAIModelList: Codable, Hashable, Sendable {
    /// `list`.
    public var object: String
    /// The models, by id.
    public var data: [OpenAIModel]

    /// Makes a list.
    public init(data: [OpenAIModel]) {
        object = "list"
        self.data = data
    }
}
