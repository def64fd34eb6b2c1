/// One file of a project.
struct SourceFile: Codable, Hashable, Sendable {
    /// Relative to the project.
    var path: String
    /// In bytes.
    var size: Int64
    /// When it was last written, in Unix seconds.
    var modified: Int64

    /// Its language; nil for what is no source.
    var language: String? { Languages.language(of: path) }

    private enum CodingKeys: String, CodingKey {
        case path = "p"
        case size = "s"
        case modified = "m"
    }
}
