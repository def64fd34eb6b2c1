/// What an agent has decided or learnt while it worked on a project.
public struct Experience: Codable, Hashable, Sendable {
    /// Who it was.
    public var agentID: String
    /// What was decided, in a sentence.
    public var decision: String
    /// Why.
    public var rationale: String?
    /// The files it is about, relative to the project.
    public var filesTouched: [String]
    /// When, in Unix seconds.
    public var timestamp: Int64

    /// Makes an experience.
    public init(agentID: String, decision: String, rationale: String? = nil, filesTouched: [String] = [], timestamp: Int64) {
        self.agentID = agentID
        self.decision = decision
        self.rationale = rationale
        self.filesTouched = filesTouched
        self.timestamp = timestamp
    }

    // The order is the order in a list.
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case agentID = "agent_id"
        case decision, rationale
        case filesTouched = "files_touched"
        case timestamp
    }

    /// Reads an experience; without `files_touched` it is about none.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        agentID = try fields.decode(String.self, forKey: .agentID)
        decision = try fields.decode(String.self, forKey: .decision)
        rationale = try fields.decodeIfPresent(String.self, forKey: .rationale)
        filesTouched = try fields.decodeIfPresent([String].self, forKey: .filesTouched) ?? []
        timestamp = try fields.decode(Int64.self, forKey: .timestamp)
    }
}
