internal import ContextContract

/// What a context is made of, before it is text.
struct ContextParts: Sendable {
    /// A file that the context is about.
    struct Focus: Sendable {
        var path: String
        /// Lines of text; nil when it could not be read.
        var lines: Int?
        /// What it imports of its own project.
        var imports: [String]
    }

    /// Lines that begin with a dash or a star in the project's own rule files.
    var rules: [String] = []
    /// The same of its files of constraints.
    var constraints: [String] = []
    /// What was decided, newest first.
    var decisions: [Experience] = []
    var focus: [Focus] = []
    var tree = ProjectTree([])
}
