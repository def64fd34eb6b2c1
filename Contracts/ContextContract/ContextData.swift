/// What an answer of the context daemon carries. On the wire the key `type` says which it is.
public enum ContextData: Hashable, Sendable {
    /// The answer to `check_init`; with what is known of the project, if it is initialized.
    case initStatus(initialized: Bool, project: ProjectSummary? = nil)
    /// The answer to `get_context`: markdown, and the files it is about, relative to the project.
    case context(String, nodes: [String])
    /// The answer to `init_project` once it is scanned.
    case project(ProjectSummary)
    /// The answer to `status`.
    case status(ContextStatus)
    /// The answer to `ping`: the daemon's time in Unix seconds.
    case pong(timestamp: Int64)
}

/// What a scan of a project found.
public struct ProjectSummary: Codable, Hashable, Sendable {
    /// The project's folder, without links.
    public var path: String
    /// Files that are not ignored.
    public var fileCount: Int
    /// How many files of each language, most first.
    public var languages: [Language]
    /// When it was scanned, in Unix seconds; nil while it never was.
    public var lastScan: Int64?

    /// One language of a project.
    public struct Language: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Files of it.
        public var files: Int

        /// Makes an entry.
        public init(name: String, files: Int) {
            self.name = name
            self.files = files
        }

        private enum CodingKeys: String, CodingKey, CaseIterable { case name, files }
    }

    /// Makes a summary.
    public init(path: String, fileCount: Int, languages: [Language], lastScan: Int64?) {
        self.path = path
        self.fileCount = fileCount
        self.languages = languages
        self.lastScan = lastScan
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case path
        case fileCount = "file_count"
        case languages
        case lastScan = "last_scan"
    }
}

/// How the context daemon is.
public struct ContextStatus: Hashable, Sendable {
    /// The daemon's version.
    public var version: String
    /// Since it is ready, in seconds.
    public var uptimeSecs: UInt64
    /// Projects in memory.
    public var projectsLoaded: Int
    /// Resident memory now, in bytes.
    public var memoryUsageBytes: UInt64
    /// Requests answered since it is ready.
    public var requestsTotal: UInt64
    /// How many of the contexts asked for were there already, from 0 to 1.
    public var cacheHitRate: Double
    /// The mean time of an answer, in milliseconds.
    public var avgLatencyMs: Double

    /// Makes a status.
    public init(
        version: String, uptimeSecs: UInt64, projectsLoaded: Int, memoryUsageBytes: UInt64, requestsTotal: UInt64, cacheHitRate: Double,
        avgLatencyMs: Double
    ) {
        self.version = version
        self.uptimeSecs = uptimeSecs
        self.projectsLoaded = projectsLoaded
        self.memoryUsageBytes = memoryUsageBytes
        self.requestsTotal = requestsTotal
        self.cacheHitRate = cacheHitRate
        self.avgLatencyMs = avgLatencyMs
    }
}
