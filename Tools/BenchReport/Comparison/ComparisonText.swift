/// A comparison for people.
package struct ComparisonText {
    private let comparison: Comparison
    private let source: String

    /// - Parameter source: what it was compared with, as the reader knows it.
    package init(_ comparison: Comparison, with source: String) {
        self.comparison = comparison
        self.source = source
    }

    package var lines: [String] {
        var table = TextTable([
            ("", .leading), ("", .leading), ("", .leading), ("unit", .leading), ("old p50", .trailing), ("new p50", .trailing),
            ("ratio", .trailing), ("", .leading),
        ])
        for line in comparison.lines {
            table.add([
                line.identity.benchmark, line.identity.name,
                line.identity.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
                line.identity.unit.rawValue, line.old.map(NumberText.short) ?? "", line.new.map(NumberText.short) ?? "",
                line.ratio.map { NumberText.decimal($0, digits: 2) } ?? "", Self.word(line.verdict),
            ])
        }
        let worse = comparison.worse.count
        let compared = comparison.lines.count { $0.old != nil && $0.new != nil }
        let verdict = worse == 0 ? "none got worse" : "\(worse) got WORSE"
        let doubt = comparison.isDisturbed && worse > 0 ? "; something else was running in one of the two runs, so measure again" : ""
        return ["compared with \(source)"] + table.lines.map { "  \($0)" } + ["\(compared) rows compared, \(verdict)\(doubt)"]
    }

    private static func word(_ verdict: Comparison.Verdict) -> String {
        switch verdict {
        case .same: ""
        case .worse: "WORSE"
        case .better, .new, .gone: verdict.rawValue
        }
    }
}
