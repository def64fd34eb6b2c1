internal import ContextContract

/// A project, as `context init` and `context project` show it. JSON: the summary itself.
struct ProjectReport: Report {
    let summary: ProjectSummary
    let headline: String

    func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
    }

    func lines(_ style: Style) -> [String] {
        let languages = summary.languages.prefix(8).map { "\(SafeText.line($0.name)) \($0.files)" }.joined(separator: ", ")
        return ["\(SafeText.line(summary.path)): \(style.paint(headline, .good))", "files: \(summary.fileCount)"]
            + (languages.isEmpty ? [] : ["languages: \(languages)"])
            + (summary.lastScan == nil ? ["not scanned yet"] : [])
    }
}

/// A project that is being scanned in the background. JSON: `{"path"}`.
struct QuickReport: Report {
    let path: String

    func lines(_ style: Style) -> [String] {
        ["\(SafeText.line(path)): \(style.paint("initialized", .good)); it is being scanned"]
    }
}

/// A context. JSON: `{"context","nodes"}`.
struct TextReport: Report {
    let context: String
    let nodes: [String]

    func lines(_ style: Style) -> [String] {
        context.split(separator: "\n", omittingEmptySubsequences: false).dropLast(context.hasSuffix("\n") ? 1 : 0).map {
            SafeText.line(String($0))
        }
    }
}

/// Something was done. JSON: `{"done"}`.
struct DoneReport: Report {
    let what: String

    private enum CodingKeys: String, CodingKey {
        case what = "done"
    }

    func lines(_ style: Style) -> [String] { [style.paint(what, .good)] }
}

/// The context daemon answered. JSON: `{"status","latency_ms"}`.
struct PongReport: Report {
    let latency: Duration

    private enum CodingKeys: String, CodingKey {
        case status
        case latency = "latency_ms"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode("ok", forKey: .status)
        try fields.encode(HumanTime.milliseconds(latency), forKey: .latency)
    }

    func lines(_ style: Style) -> [String] { ["context \(style.paint("answered", .good)) in \(HumanTime.elapsed(latency))"] }
}
