internal import ContextContract
internal import Glibc
internal import Platform

/// Gathers what a context is made of, and has it rendered. Blocks.
struct ContextCollector: Sendable {
    let path: ProjectPath
    let folder: ProjectFolder
    let tree: ProjectTree
    var renderer = ContextRenderer()

    private static let ruleFiles = [
        ".rbee/rules.md", ".rbee/guidelines.md", ".engram/rules.md", ".engram/guidelines.md", "CONTRIBUTING.md",
    ]
    private static let constraintFiles = [".rbee/constraints.md", ".engram/constraints.md"]
    /// Lines of a rule file that are looked at.
    private static let ruleLines = 20
    /// Experiences that are looked at.
    private static let experiences = 10
    /// Longer files are not read, in bytes.
    private static let longest = 10 << 20

    func context(for prompt: String?) -> ContextCache.Entry {
        var parts = ContextParts()
        parts.rules = Self.ruleFiles.flatMap(points)
        parts.constraints = Self.constraintFiles.flatMap(points)
        parts.decisions = folder.experiences.newest(Self.experiences)
        parts.tree = tree
        parts.focus = FocusPicker.pick(prompt, in: tree).map(focus)
        let (text, nodes) = renderer.render(parts)
        return ContextCache.Entry(text: text, nodes: nodes)
    }

    /// The points of a rule file: lines that begin with a dash or a star.
    private func points(of name: String) -> [String] {
        guard let text = text(of: name) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).prefix(Self.ruleLines)
            .map { $0.trimmingPrefix(while: \.isWhitespace) }.filter { $0.hasPrefix("- ") || $0.hasPrefix("* ") }.map {
                String($0.prefix(500))
            }
    }

    private func focus(_ name: String) -> ContextParts.Focus {
        guard let text = text(of: name) else { return ContextParts.Focus(path: name, lines: nil, imports: []) }
        let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + (text.isEmpty || text.hasSuffix("\n") ? 0 : 1)
        return ContextParts.Focus(path: name, lines: lines, imports: ImportScanner.imports(of: name, text: text[...], in: tree))
    }

    /// A file's text; nil for what is no text or leads out of the project.
    private func text(of name: String) -> String? {
        guard let real = realpath("\(path)/\(name)", nil) else { return nil }
        defer { free(real) }
        guard String(cString: real).hasPrefix("\(path)/"), let bytes = try? AtomicFile.read(String(cString: real), limit: Self.longest)
        else {
            return nil
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
