extension ContextData: Codable {
    // The order of the cases is the order in a list.
    private enum TypeKey: String, CodingKey { case type }
    private enum InitKeys: String, CodingKey, CaseIterable { case type, initialized, project }
    private enum ContextKeys: String, CodingKey, CaseIterable { case type, context, nodes }
    private enum PongKeys: String, CodingKey, CaseIterable { case type, timestamp }
    private enum ProjectKeys: String, CodingKey, CaseIterable { case type, project }
    private enum StatusKeys: String, CodingKey, CaseIterable {
        case type, version
        case uptimeSecs = "uptime_secs"
        case projectsLoaded = "projects_loaded"
        case memoryUsageBytes = "memory_usage_bytes"
        case requestsTotal = "requests_total"
        case cacheHitRate = "cache_hit_rate"
        case avgLatencyMs = "avg_latency_ms"
    }

    private enum Kind: String, Codable {
        case initStatus = "init_status"
        case context, project, status, pong
    }

    /// Reads what an answer carries.
    public init(from decoder: any Decoder) throws {
        let kind: Kind
        // Maps first, as in a response.
        if let fields = try? decoder.container(keyedBy: TypeKey.self) {
            kind = try fields.decode(Kind.self, forKey: .type)
        } else {
            var list = try decoder.unkeyedContainer()
            kind = try list.decode(Kind.self)
        }
        switch kind {
        case .initStatus:
            let fields = try decoder.container(keyedBy: InitKeys.self)
            self = .initStatus(
                initialized: try fields.decode(Bool.self, forKey: .initialized),
                project: try fields.decodeIfPresent(ProjectSummary.self, forKey: .project))
        case .context:
            let fields = try decoder.container(keyedBy: ContextKeys.self)
            self = .context(try fields.decode(String.self, forKey: .context), nodes: try fields.decode([String].self, forKey: .nodes))
        case .project:
            self = .project(try decoder.container(keyedBy: ProjectKeys.self).decode(ProjectSummary.self, forKey: .project))
        case .status:
            let fields = try decoder.container(keyedBy: StatusKeys.self)
            self = .status(
                ContextStatus(
                    version: try fields.decode(String.self, forKey: .version),
                    uptimeSecs: try fields.decode(UInt64.self, forKey: .uptimeSecs),
                    projectsLoaded: try fields.decode(Int.self, forKey: .projectsLoaded),
                    memoryUsageBytes: try fields.decode(UInt64.self, forKey: .memoryUsageBytes),
                    requestsTotal: try fields.decode(UInt64.self, forKey: .requestsTotal),
                    cacheHitRate: try fields.decode(Double.self, forKey: .cacheHitRate),
                    avgLatencyMs: try fields.decode(Double.self, forKey: .avgLatencyMs)))
        case .pong:
            self = .pong(timestamp: try decoder.container(keyedBy: PongKeys.self).decode(Int64.self, forKey: .timestamp))
        }
    }

    /// Writes it as a map.
    public func encode(to encoder: any Encoder) throws {
        var head = encoder.container(keyedBy: TypeKey.self)
        switch self {
        case .initStatus(let initialized, let project):
            try head.encode(Kind.initStatus, forKey: .type)
            var fields = encoder.container(keyedBy: InitKeys.self)
            try fields.encode(initialized, forKey: .initialized)
            try fields.encodeIfPresent(project, forKey: .project)
        case .context(let context, let nodes):
            try head.encode(Kind.context, forKey: .type)
            var fields = encoder.container(keyedBy: ContextKeys.self)
            try fields.encode(context, forKey: .context)
            try fields.encode(nodes, forKey: .nodes)
        case .project(let summary):
            try head.encode(Kind.project, forKey: .type)
            var fields = encoder.container(keyedBy: ProjectKeys.self)
            try fields.encode(summary, forKey: .project)
        case .status(let status):
            try head.encode(Kind.status, forKey: .type)
            var fields = encoder.container(keyedBy: StatusKeys.self)
            try fields.encode(status.version, forKey: .version)
            try fields.encode(status.uptimeSecs, forKey: .uptimeSecs)
            try fields.encode(status.projectsLoaded, forKey: .projectsLoaded)
            try fields.encode(status.memoryUsageBytes, forKey: .memoryUsageBytes)
            try fields.encode(status.requestsTotal, forKey: .requestsTotal)
            try fields.encode(status.cacheHitRate, forKey: .cacheHitRate)
            try fields.encode(status.avgLatencyMs, forKey: .avgLatencyMs)
        case .pong(let timestamp):
            try head.encode(Kind.pong, forKey: .type)
            var fields = encoder.container(keyedBy: PongKeys.self)
            try fields.encode(timestamp, forKey: .timestamp)
        }
    }
}
