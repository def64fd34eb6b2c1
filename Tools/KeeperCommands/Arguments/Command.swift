/// One command: what it is called, what it takes, what it says about itself and what it does.
package struct Command: Sendable {
    /// A line to type and what it does.
    package struct Example: Hashable, Sendable {
        package let line: String
        package let meaning: String

        package init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    /// What an exit code means for this command.
    package struct Exit: Hashable, Sendable {
        package let code: ExitCode
        package let meaning: String

        package init(_ code: ExitCode, _ meaning: String? = nil) {
            self.code = code
            self.meaning = meaning ?? code.meaning
        }
    }

    package typealias Body = @Sendable (KeeperContext) async throws -> ExitCode

    /// The words that select it: `["queen", "start"]`.
    package let path: [String]
    /// One line without a full stop.
    package let summary: String
    /// Paragraphs that say what the summary cannot.
    package let discussion: [String]
    package let options: [OptionSpec]
    package let operands: [OperandSpec]
    package let exits: [Exit]
    package let examples: [Example]
    /// What `--timeout` is when it is not given, for help; nil for a command that waits for nothing.
    package let timeout: String?
    package let body: Body

    package init(
        _ path: String..., summary: String, discussion: [String] = [], options: [OptionSpec] = [], operands: [OperandSpec] = [],
        exits: [Exit] = [Exit(.done), Exit(.failed), Exit(.usage)], examples: [Example] = [],
        timeout: String? = nil, body: @escaping Body
    ) {
        self.init(
            path: path, summary: summary, discussion: discussion, options: options, operands: operands, exits: exits, examples: examples,
            timeout: timeout, body: body)
    }

    package init(
        path: [String], summary: String, discussion: [String] = [], options: [OptionSpec] = [], operands: [OperandSpec] = [],
        exits: [Exit] = [Exit(.done), Exit(.failed), Exit(.usage)], examples: [Example] = [],
        timeout: String? = nil, body: @escaping Body
    ) {
        self.path = path
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.operands = operands
        self.exits = exits
        self.examples = examples
        self.timeout = timeout
        self.body = body
    }

    /// `queen start`.
    package var name: String { path.joined(separator: " ") }
}

/// A word that only gathers commands: `queen`, `config`.
package struct CommandGroup: Hashable, Sendable {
    package let path: [String]
    package let summary: String

    package init(_ path: String..., summary: String) {
        self.path = path
        self.summary = summary
    }

    package var name: String { path.joined(separator: " ") }
}
