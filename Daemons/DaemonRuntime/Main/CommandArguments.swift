internal import Configuration
internal import Platform

/// A daemon's command line, read: which options were given, with which values.
package struct CommandArguments: Hashable, Sendable {
    private var given: [String: [String]] = [:]

    /// Reads the arguments after the program's name.
    ///
    /// `--name value` and `--name=value` mean the same. Nothing else is taken.
    ///
    /// - Throws: ``UsageError`` for what is no option, an option twice, and a value that is missing or not taken.
    package init(_ arguments: some Sequence<String>, options: [CommandOption]) throws(UsageError) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = argument == "-h" ? "--help" : parts.first.map(String.init) ?? ""
            guard let option = options.first(where: { $0.name == name }) else {
                guard argument.hasPrefix("-") else { throw UsageError("unexpected argument \"\(argument)\"") }
                let near = Suggestion.nearest(to: name, among: options.map(\.name))
                throw UsageError("unknown option \(name)" + (near.map { "; did you mean \($0)?" } ?? ""))
            }
            guard option.repeats || given[name] == nil else { throw UsageError("\(name) is given twice") }
            let inline = parts.count == 2 ? String(parts[1]) : nil
            guard option.value != nil else {
                guard inline == nil else { throw UsageError("\(name) takes no value") }
                given[name, default: []].append("")
                continue
            }
            guard let value = inline ?? rest.popFirst() else { throw UsageError("\(name) needs a value") }
            given[name, default: []].append(value)
        }
    }

    /// Whether an option was given.
    package func has(_ name: String) -> Bool {
        given[name] != nil
    }

    /// The value of an option, if it was given.
    package func value(_ name: String) -> String? {
        given[name]?.last
    }

    /// All values of an option that may be given several times.
    package func values(_ name: String) -> [String] {
        given[name] ?? []
    }

    /// The value of an option that must be given.
    package func required(_ name: String) throws(UsageError) -> String {
        guard let value = value(name) else { throw UsageError("\(name) is required") }
        return value
    }

    /// The value of an option as a duration.
    package func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = value(name) else { return nil }
        do {
            return try DurationText.parse(text)
        } catch {
            throw UsageError("\(name): \(error.message)")
        }
    }

    /// The value of an option as a TCP port.
    package func port(_ name: String) throws(UsageError) -> UInt16? {
        guard let text = value(name) else { return nil }
        guard let port = UInt16(text) else { throw UsageError("\(name): \"\(text)\" is no port: expected 0 to 65535") }
        return port
    }

    /// The value of an option as a whole number within bounds.
    package func number(_ name: String, in bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw UsageError("\(name): \"\(text)\" is not a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }
}
