/// How well a daemon says it is: the body of `GET /health`.
public enum HealthStatus: Hashable, Sendable {
    /// All is well.
    case healthy
    /// It serves, but something is amiss.
    case degraded(reason: String)
    /// It does not serve: starting, draining or broken.
    case unhealthy(reason: String)
    /// A word of a later version.
    case unknown(status: String, reason: String?)

    /// Whether the daemon serves requests. An unknown word counts as serving: the HTTP status decides.
    public var isOperational: Bool {
        switch self {
        case .healthy, .degraded, .unknown: true
        case .unhealthy: false
        }
    }

    /// The word on the wire.
    public var status: String {
        switch self {
        case .healthy: "healthy"
        case .degraded: "degraded"
        case .unhealthy: "unhealthy"
        case .unknown(let status, _): status
        }
    }

    /// Why, where there is something to say.
    public var reason: String? {
        switch self {
        case .healthy: nil
        case .degraded(let reason), .unhealthy(let reason): reason
        case .unknown(_, let reason): reason
        }
    }
}

extension HealthStatus: Codable {
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(String.self, forKey: .status) {
        case "healthy": self = .healthy
        case "degraded": self = .degraded(reason: try fields.decode(String.self, forKey: .reason))
        case "unhealthy": self = .unhealthy(reason: try fields.decode(String.self, forKey: .reason))
        case let other: self = .unknown(status: other, reason: try fields.decodeIfPresent(String.self, forKey: .reason))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(status, forKey: .status)
        try fields.encodeIfPresent(reason, forKey: .reason)
    }

    private enum CodingKeys: String, CodingKey {
        case status, reason
    }
}
