internal import DaemonContract
internal import Platform

/// What a value on the command line is: the parser checks it, help names it and shell completions can offer it.
package enum ValueKind: Hashable, Sendable {
    case text
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case duration
    case path
    case choice([String])
    /// `queen`, `hive`, `worker/tiny-1`.
    case daemon
    /// The instance part alone: `tiny-1`.
    case instance
    /// A word of a command path, for `help`.
    case command

    /// Says what was expected when the text is not such a value; nil when it is one.
    package func complaint(about text: String) -> String? {
        switch self {
        case .text, .command:
            return nil
        case .path:
            return text.isEmpty ? "a path, not an empty text" : nil
        case .integer(let range):
            guard let value = Int(text), range.contains(value) else {
                return "a whole number"
                    + Self.bounds(
                        range.lowerBound == .min ? nil : "\(range.lowerBound)", range.upperBound == .max ? nil : "\(range.upperBound)")
            }
            return nil
        case .number(let range):
            guard let value = Double(text), value.isFinite, range.contains(value) else {
                let upper = range.upperBound.isFinite && range.upperBound < .greatestFiniteMagnitude
                let lower = range.lowerBound.isFinite && range.lowerBound > -.greatestFiniteMagnitude
                return "a number" + Self.bounds(lower ? "\(range.lowerBound)" : nil, upper ? "\(range.upperBound)" : nil)
            }
            return nil
        case .duration:
            do {
                _ = try DurationText.parse(text)
                return nil
            } catch {
                return "a duration such as 500ms, 1.5s, 2m or 1h (0 for none)"
            }
        case .choice(let choices):
            return choices.contains(text) ? nil : "one of " + choices.joined(separator: ", ")
        case .daemon:
            return DaemonReference(text) == nil ? "a daemon such as queen, hive or worker/tiny-1" : nil
        case .instance:
            // `worker/tiny-1` as the table shows it is as good as `tiny-1`.
            return InstanceName.isValid(text) || DaemonReference(text)?.instance != nil
                ? nil : "a name of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit, at most 63 long"
        }
    }

    private static func bounds(_ lower: String?, _ upper: String?) -> String {
        switch (lower, upper) {
        case (let lower?, let upper?): " from \(lower) to \(upper)"
        case (let lower?, nil): " of at least \(lower)"
        case (nil, let upper?): " of at most \(upper)"
        case (nil, nil): ""
        }
    }
}
