import ContextContract

/// What is stored of a project: `manifest.json` in its folder of the data directory.
struct ProjectManifest: Codable, Hashable, Sendable {
    /// The form of this file.
    var version = ProjectManifest.currentVersion
    /// The project's folder; compared with the one asked for, since an id is only a hash.
    var projectPath: String
    /// When it was initialized, in Unix seconds.
    var createdAt: Int64
    /// When it was scanned, in Unix seconds; nil while it never was.
    var lastScan: Int64?
    var fileCount = 0
    var languages: [ProjectSummary.Language] = []
    /// Whether there were more files than are kept.
    var isTruncated = false

    static let currentVersion = 1

    var summary: ProjectSummary {
        ProjectSummary(path: projectPath, fileCount: fileCount, languages: languages, lastScan: lastScan)
    }

    private enum CodingKeys: String, CodingKey {
        case version
        case projectPath = "project_path"
        case createdAt = "created_at"
        case lastScan = "last_scan"
        case fileCount = "file_count"
        case languages
        case isTruncated = "truncated"
    }
}
