internal import ContextContract

/// Writes a context as markdown that stays under a limit: what matters most comes first, and what no longer fits is said to be missing.
struct ContextRenderer: Sendable {
    /// The longest text, in bytes.
    var limit = 100_000

    private static let decisions = 5

    /// The text, and the paths of the files it is about.
    func render(_ parts: ContextParts) -> (text: String, nodes: [String]) {
        var text = LimitedText(limit: limit)
        text.append("# PROJECT CONTEXT\n")
        text.section("Rules", parts.rules.map { "\($0)\n" })
        text.section("Constraints", parts.constraints.map { "\($0)\n" })
        text.section("Recent Decisions", parts.decisions.prefix(Self.decisions).map(decision))
        text.section("Focus Area", parts.focus.map(focus))
        text.section("Dependencies", dependencies(parts).map { "- \($0)\n" }, level: "###")
        text.append("\n## Project Structure (overview)\n\n```\n")
        let focus = Set(parts.focus.map(\.path))
        text.lines(Skeleton.lines(of: parts.tree, focus: focus), closing: "```\n")
        return (text.text, parts.focus.map(\.path))
    }

    private func decision(_ experience: Experience) -> String {
        let why = experience.rationale.map { "  - Rationale: \(oneLine($0))\n" } ?? ""
        return "- **\(oneLine(experience.agentID))**: \(oneLine(experience.decision))\n\(why)"
    }

    private func focus(_ file: ContextParts.Focus) -> String {
        "### \(file.path) (primary)\n\n\(file.lines.map { "Lines: \($0)" } ?? "Cannot be read.")\n\n"
    }

    private func dependencies(_ parts: ContextParts) -> [String] {
        var seen = Set(parts.focus.map(\.path))
        return parts.focus.flatMap(\.imports).filter { seen.insert($0).inserted }
    }

    /// What agents write must not look like structure of ours.
    private func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// Text that does not grow beyond a limit.
private struct LimitedText {
    private(set) var text = ""
    private let limit: Int

    /// Room that is kept for the end, in bytes.
    private static let reserve = 120

    init(limit: Int) { self.limit = limit }

    mutating func append(_ piece: String) {
        if text.utf8.count + piece.utf8.count <= limit { text += piece }
    }

    /// A section with as many of its entries as fit; none without entries.
    mutating func section(_ title: String, _ entries: [String], level: String = "##") {
        guard !entries.isEmpty, fits("\n\(level) \(title)\n\n") else { return }
        text += "\n\(level) \(title)\n\n"
        for (index, entry) in entries.enumerated() {
            guard fits(entry) else { return append("… and \(entries.count - index) more\n") }
            text += entry
        }
    }

    /// As many lines as fit before what closes them.
    mutating func lines(_ lines: [String], closing: String) {
        for (index, line) in lines.enumerated() {
            guard fits(line + "\n") else {
                append("… and \(lines.count - index) more\n")
                break
            }
            text += line + "\n"
        }
        append(closing)
    }

    private func fits(_ piece: String) -> Bool {
        text.utf8.count + piece.utf8.count + Self.reserve <= limit
    }
}
