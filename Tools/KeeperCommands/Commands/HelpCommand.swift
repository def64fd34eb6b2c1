/// `help`: the same as `--help`, in words.
enum HelpCommand {
    static let command = Command(
        "help", summary: "show help for a command",
        operands: [OperandSpec("COMMAND", .command, "the words of the command", count: .any)],
        exits: [.init(.done), .init(.usage, "there is no such command")],
        examples: [.init("rbee-keeper help queen start", "the same as rbee-keeper queen start --help")]
    ) { context in
        try show(context.arguments.operands, context.table, context.output)
        return .done
    }

    static func show(_ path: [String], _ table: CommandTable, _ output: Output) throws {
        guard let text = HelpText(table).text(for: path) else {
            // The longest beginning that exists, and what could have followed it.
            var known = path
            while !known.isEmpty, table.words(after: known).isEmpty { known.removeLast() }
            let close = Spelling.closest(to: path[known.count], among: table.words(after: known))
            throw UsageError(
                "there is no command '\(path.joined(separator: " "))'", suggestions: close.map { table.typed(["help"] + known + [$0]) },
                path: known)
        }
        try output.print([String(text.dropLast())])
    }
}
