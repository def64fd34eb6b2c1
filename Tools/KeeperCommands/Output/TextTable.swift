/// Rows and columns for people: as wide as their content, the last column not padded.
package struct TextTable: Hashable, Sendable {
    /// One field: text from anywhere, made harmless, and its tone.
    package struct Cell: Hashable, Sendable {
        let text: String
        let tone: Style.Tone

        package init(_ text: String, _ tone: Style.Tone = .plain) {
            self.text = SafeText.line(text)
            self.tone = tone
        }
    }

    package let header: [String]
    package private(set) var rows: [[Cell]] = []

    package init(header: [String]) {
        self.header = header
    }

    package mutating func add(_ cells: Cell...) {
        rows.append(cells)
    }

    /// The lines of the table; columns are two spaces apart.
    package func lines(_ style: Style) -> [String] {
        let all = (header.isEmpty ? [] : [header.map { Cell($0, .faint) }]) + rows
        let columns = all.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in all.map { $0.indices.contains(column) ? $0[column].text.count : 0 }.max() ?? 0 }
        return all.map { row in
            var line = ""
            var gap = 0
            for (column, cell) in row.enumerated() where !cell.text.isEmpty || column < row.count - 1 {
                // Padding is owed until the next text comes, so that no line ends in spaces.
                if cell.text.isEmpty {
                    gap += widths[column] + 2
                    continue
                }
                line += String(repeating: " ", count: gap) + style.paint(cell.text, cell.tone)
                gap = widths[column] - cell.text.count + 2
            }
            return line
        }
    }
}
