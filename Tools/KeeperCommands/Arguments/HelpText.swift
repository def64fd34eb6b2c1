/// Help for every command and group, written from the table.
package struct HelpText: Sendable {
    /// Columns that help never exceeds; fixed, so that it reads the same everywhere.
    static let width = 100

    let table: CommandTable

    package init(_ table: CommandTable) {
        self.table = table
    }

    /// The help of a command or a group; nil when there is no such thing.
    package func text(for path: [String]) -> String? {
        if let command = table.command(at: path) { return text(for: command) }
        if path.isEmpty { return overview() }
        return table.group(at: path).map { text(for: $0) }
    }

    private func overview() -> String {
        var page = Page()
        page.line("\(table.program) - \(table.summary)")
        page.section("Usage", ["\(table.program) COMMAND [options]"])
        page.definitions("Commands", table.children(of: []).map { ($0.name, $0.summary) })
        page.definitions("Options of every command", definitions(of: table.globals))
        page.definitions("Exit codes", Self.exitRows)
        page.line("")
        page.line("'\(table.program) COMMAND --help' tells more about one command.")
        return page.text
    }

    private static var exitRows: [(String, String)] {
        [.done, .failed, .usage, .notRunning, .timedOut, .lostRace, .interrupted].map { (code: ExitCode) in
            ("\(code.rawValue)", code.meaning)
        }
    }

    private func text(for group: CommandGroup) -> String {
        var page = Page()
        page.line("\(table.typed(group.path)) - \(group.summary)")
        page.section("Usage", ["\(table.typed(group.path)) COMMAND [options]"])
        page.definitions("Commands", table.children(of: group.path).map { ($0.name, $0.summary) })
        page.line("")
        page.line("'\(table.typed(group.path)) COMMAND --help' tells more about one command.")
        return page.text
    }

    private func text(for command: Command) -> String {
        var page = Page()
        page.line("\(table.typed(command.path)) - \(command.summary)")
        page.section("Usage", [([table.typed(command.path)] + ["[options]"] + command.operands.map(\.synopsis)).joined(separator: " ")])
        for paragraph in command.discussion {
            page.line("")
            for line in TextWrap.wrap(paragraph, width: Self.width) { page.line(line) }
        }
        page.definitions("Arguments", command.operands.map { ($0.placeholder, $0.help) })
        page.definitions("Options", definitions(of: command.options))
        page.definitions("Options of every command", definitions(of: globals(of: command)))
        page.definitions("Exit codes", command.exits.map { ("\($0.code.rawValue)", $0.meaning) })
        page.definitions("Examples", command.examples.map { ($0.line, $0.meaning) })
        return page.text
    }

    /// `--timeout` with what it means here, or not at all where nothing is waited for.
    private func globals(of command: Command) -> [OptionSpec] {
        table.globals.compactMap { option in
            guard option == .timeout else { return option }
            return command.timeout.map { option.defaulting(to: $0) }
        }
    }

    private func definitions(of options: [OptionSpec]) -> [(String, String)] {
        options.map { option in
            var help = option.help
            if case .choice(let choices) = option.value?.kind { help += ": " + choices.joined(separator: ", ") }
            if let text = option.defaultText { help += " (default: \(text))" }
            return (option.synopsis, help)
        }
    }
}

/// Help as it grows, line by line.
private struct Page {
    var text = ""

    mutating func line(_ line: String) {
        text += line + "\n"
    }

    mutating func section(_ title: String, _ lines: [String]) {
        line("")
        line("\(title):")
        for entry in lines { line("  \(entry)") }
    }

    /// Terms on the left, what they mean on the right, wrapped below itself.
    mutating func definitions(_ title: String, _ rows: [(String, String)]) {
        guard !rows.isEmpty else { return }
        let column = min(rows.map(\.0.count).max() ?? 0, 38)
        var lines: [String] = []
        for (term, meaning) in rows {
            let wrapped = TextWrap.wrap(meaning, width: HelpText.width - column - 4)
            if term.count > column {
                lines.append(term)
                lines += wrapped.map { String(repeating: " ", count: column + 2) + $0 }
                continue
            }
            let padded = term + String(repeating: " ", count: column - term.count)
            for (index, text) in wrapped.enumerated() {
                lines.append((index == 0 ? padded : String(repeating: " ", count: column)) + "  " + text)
            }
        }
        section(title, lines)
    }
}

/// Breaks text into lines at spaces.
enum TextWrap {
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        for word in text.split(separator: " ") {
            if current.isEmpty {
                current = String(word)
            } else if current.count + 1 + word.count <= width {
                current += " " + word
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        return current.isEmpty ? lines : lines + [current]
    }
}
