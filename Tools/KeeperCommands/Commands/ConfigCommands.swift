/// `config get|set|list|path`.
enum ConfigCommands {
    /// JSON: `{"key","value","source","place","summary"}`.
    private struct EntryReport: Report {
        let entry: SettingEntry

        private enum CodingKeys: String, CodingKey {
            case key, value, source, place, summary
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(entry.key, forKey: .key)
            try fields.encode(entry.value, forKey: .value)
            try fields.encode(entry.source, forKey: .source)
            try fields.encodeIfPresent(entry.place, forKey: .place)
            try fields.encode(entry.summary, forKey: .summary)
        }

        func lines(_ style: Style) -> [String] { [SafeText.line(entry.value)] }
    }

    /// JSON: `{"path","settings":[{"key","value","source","place","summary"}]}`.
    private struct ListReport: Report {
        let path: String
        let settings: [EntryReport]

        private enum CodingKeys: String, CodingKey {
            case path, settings
        }

        func lines(_ style: Style) -> [String] {
            var table = TextTable(header: ["KEY", "VALUE", "FROM", "WHAT IT IS"])
            for entry in settings.map(\.entry) {
                table.add(.init(entry.key), .init(entry.value, .strong), .init(entry.place ?? entry.source, .faint), .init(entry.summary))
            }
            return table.lines(style)
        }
    }

    /// JSON: `{"path"}`.
    private struct PathReport: Report {
        let path: String

        func lines(_ style: Style) -> [String] { [SafeText.line(path)] }
    }

    private static let key = OperandSpec("KEY", .text, "the key, such as queen.port")

    static let get = Command(
        "config", "get", summary: "show the value in force of one key",
        discussion: [#"With --json: {"key","value","source","place","summary"}."#],
        operands: [key], examples: [.init("rbee-keeper config get queen.port", "the value in force")]
    ) { context in
        let settings = try context.settings()
        warn(settings, context)
        try context.output.result(EntryReport(entry: try entry(context.arguments.operands[0], settings)))
        return .done
    }

    static let set = Command(
        "config", "set", summary: "write the value of one key into the configuration file",
        discussion: ["The rest of the file stays as it is. Daemons that run take it over when they are restarted."],
        operands: [key, OperandSpec("VALUE", .text, "the value")],
        examples: [.init("rbee-keeper config set queen.port 7900", "from the next start on")]
    ) { context in
        let settings = try context.settings()
        let key = context.arguments.operands[0]
        _ = try entry(key, settings)
        try settings.set(key, to: context.arguments.operands[1])
        let now = try entry(key, try context.settings())
        try context.output.result(EntryReport(entry: now))
        if now.source == "environment" {
            context.output.warning("\(now.place ?? "the environment") overrides what was written to \(settings.path)")
        }
        return .done
    }

    static let list = Command(
        "config", "list", summary: "show every key, its value in force and where that comes from",
        discussion: [
            "A flag counts most, then the environment (RBEE_ and the key in capitals, '_' for '.'), then the file, then the default.",
            #"With --json: {"path","settings":[{"key","value","source","place","summary"}]}."#,
        ],
        examples: [.init("rbee-keeper config list", "everything there is to set")]
    ) { context in
        let settings = try context.settings()
        warn(settings, context)
        try context.output.result(ListReport(path: settings.path, settings: settings.entries().map { EntryReport(entry: $0) }))
        return .done
    }

    static let path = Command(
        "config", "path", summary: "show where the configuration file is", discussion: [#"With --json: {"path"}."#],
        examples: [.init("\"${EDITOR:-vi}\" \"$(rbee-keeper config path)\"", "edit it")]
    ) { context in
        try context.output.result(PathReport(path: try context.settings().path))
        return .done
    }

    private static func entry(_ key: String, _ settings: any KeeperSettings) throws -> SettingEntry {
        if let entry = try settings.entry(key) { return entry }
        let close = Spelling.closest(to: key, among: settings.keys)
        throw KeeperError(
            .configuration, "there is no key '\(key)'",
            next: close.map { "rbee-keeper config get \($0)" } + ["rbee-keeper config list"], exit: .usage)
    }

    private static func warn(_ settings: any KeeperSettings, _ context: KeeperContext) {
        for problem in settings.problems() { context.output.warning(problem.message) }
    }
}
