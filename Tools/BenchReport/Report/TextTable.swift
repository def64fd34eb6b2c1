/// Lines of columns, each as wide as its widest field. Columns of numbers end together, the others begin together.
package struct TextTable: Hashable, Sendable {
    package enum Alignment: Hashable, Sendable {
        case leading, trailing
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// - Parameter columns: the heading of each column, and where its fields stand.
    package init(_ columns: [(heading: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.heading)]
    }

    /// Adds a line; fields that are missing are empty, what is too much is left out.
    package mutating func add(_ fields: [String]) {
        rows.append(alignments.indices.map { fields.indices.contains($0) ? fields[$0] : "" })
    }

    /// The heading and every line, columns two blanks apart, no blanks at the ends. A column without a field but its heading is left out.
    package var lines: [String] {
        let shown = alignments.indices.filter { column in rows.dropFirst().contains { !$0[column].isEmpty } }
        let widths = shown.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { fields in
            var line = ""
            for (column, width) in zip(shown, widths) {
                let padding = String(repeating: " ", count: width - fields[column].count)
                line += (column == shown.first ? "" : "  ")
                line += alignments[column] == .leading ? fields[column] + padding : padding + fields[column]
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
