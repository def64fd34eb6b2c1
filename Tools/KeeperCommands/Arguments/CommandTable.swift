/// Every command as data. The parser, help and (later) shell completions read the same table.
package struct CommandTable: Sendable {
    package let program: String
    package let summary: String
    package let groups: [CommandGroup]
    package let commands: [Command]
    /// Options that every command takes, in any place.
    package let globals: [OptionSpec]

    package init(program: String, summary: String, groups: [CommandGroup], commands: [Command], globals: [OptionSpec]) {
        self.program = program
        self.summary = summary
        self.groups = groups
        self.commands = commands
        self.globals = globals
    }

    /// The command with exactly these words.
    package func command(at path: [String]) -> Command? {
        commands.first { $0.path == path }
    }

    /// The group with exactly these words.
    package func group(at path: [String]) -> CommandGroup? {
        groups.first { $0.path == path }
    }

    /// The next words that are possible after these, in the order of the table.
    package func words(after path: [String]) -> [String] {
        var seen: [String] = []
        for candidate in groups.map(\.path) + commands.map(\.path)
        where candidate.count > path.count && Array(candidate.prefix(path.count)) == path {
            let word = candidate[path.count]
            if !seen.contains(word) { seen.append(word) }
        }
        return seen
    }

    /// What can stand directly below these words: name and summary, in the order of the table.
    package func children(of path: [String]) -> [(name: String, summary: String)] {
        var rows: [(name: String, summary: String)] = []
        for command in commands where command.path.count == path.count + 1 && Array(command.path.prefix(path.count)) == path {
            rows.append((command.path[path.count], command.summary))
        }
        for group in groups where group.path.count == path.count + 1 && Array(group.path.prefix(path.count)) == path {
            rows.append((group.path[path.count], group.summary))
        }
        return rows
    }

    /// `rbee-keeper queen start`.
    package func typed(_ path: [String]) -> String {
        ([program] + path).joined(separator: " ")
    }
}
