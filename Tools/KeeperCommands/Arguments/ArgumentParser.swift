/// What a command line asks for.
package enum Invocation: Sendable {
    case run(Command, Arguments)
    /// `--help`, `-h`, `help …`: the words whose help is wanted.
    case help([String], Arguments)
    case version(Arguments)
}

/// Reads a command line against a ``CommandTable``. Knows nothing of the commands themselves.
package struct ArgumentParser: Sendable {
    let table: CommandTable

    package init(_ table: CommandTable) {
        self.table = table
    }

    /// Understands the arguments (without the program's name).
    package func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
        var reading = Reading(table: table, tokens: arguments)
        return try reading.run()
    }

    /// Only the options that every command takes, as far as they can be read: how to report an error in the rest.
    package func globals(in arguments: [String]) -> Arguments {
        var found = Arguments()
        for token in arguments.prefix(while: { $0 != "--" }) {
            for option in table.globals where option.value == nil {
                if token == "--\(option.name)" || option.short.map({ token == "-\($0)" }) == true { found.add(option, nil) }
            }
        }
        return found
    }
}

/// One pass over the tokens.
private struct Reading {
    let table: CommandTable
    let tokens: [String]
    var index = 0
    var path: [String] = []
    var command: Command?
    var arguments = Arguments()
    var wantsHelp = false
    var wantsVersion = false
    /// Help is given even when the rest of the line is wrong, so the first complaint waits.
    var complaint: UsageError?

    init(table: CommandTable, tokens: [String]) {
        self.table = table
        self.tokens = tokens
    }

    mutating func run() throws(UsageError) -> Invocation {
        var onlyOperands = false
        while index < tokens.count {
            let token = tokens[index]
            index += 1
            if onlyOperands || token == "-" || !token.hasPrefix("-") {
                word(token)
            } else if token == "--" {
                onlyOperands = true
            } else if token.hasPrefix("--") {
                long(token)
            } else {
                short(token)
            }
        }
        if wantsHelp { return .help(path, arguments) }
        if wantsVersion { return .version(arguments) }
        if let complaint { throw complaint }
        guard let command else {
            throw UsageError(
                path.isEmpty
                    ? "no command given" : "'\(table.typed(path))' needs one of: \(table.words(after: path).joined(separator: ", "))",
                path: path)
        }
        try checkOperands(of: command)
        return .run(command, arguments)
    }

    private mutating func complain(_ message: String, suggestions: [String] = []) {
        if complaint == nil { complaint = UsageError(message, suggestions: suggestions, path: path) }
    }

    private mutating func word(_ token: String) {
        if command != nil {
            arguments.add(operand: token)
            return
        }
        // After an unknown word nothing below it can be understood; only --help is still looked for.
        guard complaint == nil else { return }
        let longer = path + [token]
        if let found = table.command(at: longer) {
            path = longer
            command = found
        } else if table.group(at: longer) != nil {
            path = longer
        } else {
            unknownWord(token)
        }
    }

    private mutating func unknownWord(_ token: String) {
        var suggestions = Spelling.closest(to: token, among: table.words(after: path)).map { table.typed(path + [$0]) }
        if suggestions.isEmpty {
            // "start queen" and plain "start": the word exists, elsewhere.
            let next = index < tokens.count ? tokens[index] : ""
            let elsewhere = table.commands.filter { $0.path.last == token && $0.path != [token] }
            let swapped = elsewhere.filter { $0.path.first == next }
            suggestions = (swapped.isEmpty ? elsewhere : swapped).prefix(3).map { table.typed($0.path) }
        }
        let place = path.isEmpty ? "" : " of '\(table.typed(path))'"
        complain("unknown command '\(token)'\(place)", suggestions: suggestions)
    }

    private var known: [OptionSpec] {
        (command?.options ?? []) + table.globals
    }

    private mutating func long(_ token: String) {
        let body = token.dropFirst(2)
        let name: String
        var attached: String?
        if let equals = body.firstIndex(of: "=") {
            name = String(body[..<equals])
            attached = String(body[body.index(after: equals)...])
        } else {
            name = String(body)
        }
        guard let option = known.first(where: { $0.name == name }) else {
            unknownOption(
                "--\(name)",
                suggestions: Spelling.closest(to: name, among: known.map(\.name)).map {
                    "\(table.typed(path)) --\($0)"
                })
            return
        }
        take(option, spelled: "--\(name)", attached: attached)
    }

    private mutating func short(_ token: String) {
        var letters = token.dropFirst()
        // All of it or nothing: `-hello` is no request for help.
        let flags = letters.prefix { letter in known.first { $0.short == letter }.map { $0.value == nil } ?? false }
        if let letter = letters.dropFirst(flags.count).first, !known.contains(where: { $0.short == letter }) {
            unknownOption(letters.count == 1 ? "-\(letter)" : "-\(letter) in '\(token)'", suggestions: [])
            return
        }
        while let letter = letters.first {
            letters = letters.dropFirst()
            guard let option = known.first(where: { $0.short == letter }) else {
                unknownOption("-\(letter)", suggestions: [])
                return
            }
            if option.value == nil {
                take(option, spelled: "-\(letter)", attached: nil)
                continue
            }
            let rest = letters.first == "=" ? letters.dropFirst() : letters
            take(option, spelled: "-\(letter)", attached: letters.isEmpty ? nil : String(rest))
            return
        }
    }

    private mutating func unknownOption(_ spelled: String, suggestions: [String]) {
        if command == nil, complaint == nil, let owner = table.commands.first(where: { $0.options.contains { "--\($0.name)" == spelled } })
        {
            complain("\(spelled) is no option of every command; write it after the command, as in '\(table.typed(owner.path)) \(spelled)'")
            return
        }
        let place = path.isEmpty ? "" : " of '\(table.typed(path))'"
        complain("unknown option \(spelled)\(place)", suggestions: suggestions)
    }

    private mutating func take(_ option: OptionSpec, spelled: String, attached: String?) {
        guard let value = option.value else {
            if attached != nil { complain("\(spelled) takes no value") }
            if option == .help { wantsHelp = true }
            if option == .version { wantsVersion = true }
            arguments.add(option, nil)
            return
        }
        guard let text = attached ?? nextValue() else {
            if index < tokens.count, tokens[index].hasPrefix("-") {
                complain(
                    "\(spelled) needs a value (\(value.placeholder)); '\(tokens[index])' looks like an option, "
                        + "so if it is meant write --\(option.name)=\(tokens[index])")
            } else {
                complain("\(spelled) needs a value (\(value.placeholder))")
            }
            return
        }
        if let expected = value.kind.complaint(about: text) {
            complain("\(spelled) \(text.isEmpty ? "''" : text): expected \(expected)")
            return
        }
        if arguments.has(option), !option.mayRepeat {
            complain("\(spelled) is given twice")
            return
        }
        arguments.add(option, text)
    }

    /// The next token as a value, unless it looks like an option. A negative number is a value.
    private mutating func nextValue() -> String? {
        guard index < tokens.count else { return nil }
        let token = tokens[index]
        guard token == "-" || !token.hasPrefix("-") || Double(token) != nil else { return nil }
        index += 1
        return token
    }

    private func checkOperands(of command: Command) throws(UsageError) {
        var rest = arguments.operands[...]
        for operand in command.operands {
            switch operand.count {
            case .one:
                guard let text = rest.popFirst() else { throw UsageError("\(operand.placeholder) is missing", path: path) }
                try check(text, against: operand)
            case .optional:
                if let text = rest.popFirst() { try check(text, against: operand) }
            case .any:
                while let text = rest.popFirst() { try check(text, against: operand) }
            }
        }
        if let extra = rest.first {
            let wanted = command.operands.isEmpty ? "it takes none" : "it takes \(command.operands.map(\.synopsis).joined(separator: " "))"
            throw UsageError("unexpected argument '\(extra)'; \(wanted)", path: path)
        }
    }

    private func check(_ text: String, against operand: OperandSpec) throws(UsageError) {
        if let expected = operand.kind.complaint(about: text) {
            throw UsageError("\(operand.placeholder) '\(text)': expected \(expected)", path: path)
        }
    }
}
