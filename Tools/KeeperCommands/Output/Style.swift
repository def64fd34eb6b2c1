/// Colours, or none.
package struct Style: Hashable, Sendable {
    /// What a piece of text is, not how it looks.
    package enum Tone: Hashable, Sendable {
        case plain, good, warning, bad, faint, strong
    }

    package let isColoured: Bool

    package static let plain = Style(isColoured: false)
    package static let coloured = Style(isColoured: true)

    /// Colour is for terminals, and never where it is unwanted (`NO_COLOR`, `TERM=dumb`, `--no-color`).
    package init(for sink: any ByteSink, environment: [String: String], refused: Bool) {
        let noColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColoured = sink.isTerminal && !noColor && !refused && environment["TERM"] != "dumb"
    }

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// The text in its tone.
    package func paint(_ text: String, _ tone: Tone) -> String {
        guard isColoured, let code = Self.code(tone) else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private static func code(_ tone: Tone) -> String? {
        switch tone {
        case .plain: nil
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .faint: "2"
        case .strong: "1"
        }
    }
}
