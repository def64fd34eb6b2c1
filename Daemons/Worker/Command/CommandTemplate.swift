/// A text in which `${NAME}` stands for a value.
package struct CommandTemplate: Sendable {
    /// The values by name.
    package var values: [String: String]

    package init(values: [String: String]) {
        self.values = values
    }

    /// The text with every `${NAME}` replaced; `$${` stands for `${` itself.
    ///
    /// Replaced text is not looked at again, so a value may hold anything.
    ///
    /// - Throws: `EngineError` with `.misconfigured` for a name that is not known or a brace that is not closed.
    package func expand(_ text: String) throws(EngineError) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let close = rest.firstIndex(of: "}") else {
                    throw EngineError(.misconfigured, "\"\(text)\" has a ${ without its }; write $${ for the characters themselves")
                }
                let name = String(rest[rest.index(dollar, offsetBy: 2)..<close])
                guard let value = values[name] else {
                    let known = values.keys.sorted().map { "${\($0)}" }.joined(separator: ", ")
                    throw EngineError(.misconfigured, "\"\(text)\" names ${\(name)}, which is not known here; known are \(known)")
                }
                result += value
                rest = rest[rest.index(after: close)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }
}
