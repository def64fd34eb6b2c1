/// One option of a command, as data: parsed, shown in help and offered by completions from here.
package struct OptionSpec: Hashable, Sendable {
    /// What follows an option that takes a value.
    package struct Value: Hashable, Sendable {
        /// The name help shows for it, such as `PORT`.
        package let placeholder: String
        package let kind: ValueKind
    }

    /// Without dashes: `max-tokens`.
    package let name: String
    package let short: Character?
    /// Nil for a flag.
    package let value: Value?
    /// One sentence without a full stop.
    package let help: String
    /// Shown in help, and what the getters of ``Arguments`` fall back to when ``fallback`` is set.
    package let defaultText: String?
    /// The value when the option is not given; nil when there is none, or when it is found out later (configuration).
    package let fallback: String?
    package let mayRepeat: Bool

    /// An option without a value.
    package static func flag(_ name: String, short: Character? = nil, _ help: String) -> OptionSpec {
        OptionSpec(name: name, short: short, value: nil, help: help, defaultText: nil, fallback: nil, mayRepeat: true)
    }

    /// An option with a value.
    ///
    /// - Parameters:
    ///   - fallback: the value when it is not given, also shown in help.
    ///   - defaultText: what help says about the default when it is no constant.
    package static func value(
        _ name: String, short: Character? = nil, _ placeholder: String, _ kind: ValueKind, _ help: String,
        fallback: String? = nil, defaultText: String? = nil, mayRepeat: Bool = false
    ) -> OptionSpec {
        OptionSpec(
            name: name, short: short, value: Value(placeholder: placeholder, kind: kind), help: help,
            defaultText: defaultText ?? fallback, fallback: fallback, mayRepeat: mayRepeat)
    }

    /// The same option with another default in help.
    func defaulting(to text: String) -> OptionSpec {
        OptionSpec(name: name, short: short, value: value, help: help, defaultText: text, fallback: fallback, mayRepeat: mayRepeat)
    }

    /// `-n, --lines N`, as help shows it.
    package var synopsis: String {
        let dashes = short.map { "-\($0), --\(name)" } ?? "    --\(name)"
        return value.map { "\(dashes) \($0.placeholder)" } ?? dashes
    }
}

/// One positional argument of a command.
package struct OperandSpec: Hashable, Sendable {
    /// How many of it there may be.
    package enum Count: Hashable, Sendable {
        case one
        case optional
        case any
    }

    /// The name help shows for it, such as `PROMPT`.
    package let placeholder: String
    package let kind: ValueKind
    package let help: String
    package let count: Count

    package init(_ placeholder: String, _ kind: ValueKind, _ help: String, count: Count = .one) {
        self.placeholder = placeholder
        self.kind = kind
        self.help = help
        self.count = count
    }

    /// `PROMPT`, `[DAEMON]` or `[DAEMON...]`.
    package var synopsis: String {
        switch count {
        case .one: placeholder
        case .optional: "[\(placeholder)]"
        case .any: "[\(placeholder)...]"
        }
    }
}
