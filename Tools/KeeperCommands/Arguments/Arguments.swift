internal import Platform

/// What was typed for one command, checked against its options.
package struct Arguments: Hashable, Sendable {
    /// The values per option name, in the order given; a flag has an empty list.
    package private(set) var options: [String: [String]]
    package private(set) var operands: [String]

    package init(options: [String: [String]] = [:], operands: [String] = []) {
        self.options = options
        self.operands = operands
    }

    mutating func add(_ option: OptionSpec, _ value: String?) {
        options[option.name, default: []] += value.map { [$0] } ?? []
    }

    mutating func add(operand: String) {
        operands.append(operand)
    }

    /// Whether the option stood on the command line.
    package func has(_ option: OptionSpec) -> Bool {
        options[option.name] != nil
    }

    /// The value given last, or the option's fallback.
    package func text(_ option: OptionSpec) -> String? {
        options[option.name]?.last ?? option.fallback
    }

    /// A whole number; the parser has already checked that it is one.
    package func integer(_ option: OptionSpec) -> Int? {
        text(option).flatMap { Int($0) }
    }

    /// A number; the parser has already checked that it is one.
    package func number(_ option: OptionSpec) -> Double? {
        text(option).flatMap { Double($0) }
    }

    /// What `--timeout` allows; nil when it is not given. 0 is so long that nothing waits for it.
    package var timeout: Duration? {
        duration(.timeout).map { $0 == .zero ? Self.forever : $0 }
    }

    private static let forever: Duration = .seconds(365 * 24 * 3600)

    /// A duration; the parser has already checked that it is one.
    package func duration(_ option: OptionSpec) -> Duration? {
        text(option).flatMap { try? DurationText.parse($0) }
    }
}
