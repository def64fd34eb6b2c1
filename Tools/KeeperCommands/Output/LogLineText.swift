internal import DaemonContract

/// A line of a daemon's log for people: when, how bad, what, with what.
enum LogLineText {
    private struct Line: Decodable {
        let time: String
        let level: String
        let message: String
        let metadata: [String: JSONValue]?
    }

    /// A line that is no log line is shown as it is, made harmless.
    static func text(_ line: String, _ style: Style) -> String {
        guard let entry = try? ContractJSON.decode(Line.self, text: line) else { return SafeText.line(line) }
        let level = entry.level + String(repeating: " ", count: max(0, 7 - entry.level.count))
        var text = "\(style.paint(SafeText.line(entry.time), .faint)) \(style.paint(SafeText.line(level), tone(of: entry.level))) "
        text += SafeText.line(entry.message)
        let pairs = (entry.metadata ?? [:]).sorted { $0.key < $1.key }
        for (key, value) in pairs { text += " " + style.paint(SafeText.line("\(key)=\(shown(value))"), .faint) }
        return text
    }

    private static func shown(_ value: JSONValue) -> String {
        if case .string(let text) = value, !text.isEmpty, !text.contains(where: { $0.isWhitespace || $0 == "\"" }) { return text }
        return (try? ContractJSON.encodeText(value)) ?? "?"
    }

    private static func tone(of level: String) -> Style.Tone {
        switch level {
        case "error": .bad
        case "warning": .warning
        default: .plain
        }
    }
}
