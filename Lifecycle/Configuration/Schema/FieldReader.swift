import Platform

/// Reads the fields of one thing of a configuration, and gathers what is wrong with them.
struct FieldReader {
    /// What is wrong, and where.
    struct Problem {
        let line: Int
        let key: String
        let kind: ConfigurationProblem.Kind
        let message: String
    }

    private(set) var problems: [Problem] = []

    /// The members of a mapping, each name once; what stands there a second time is reported.
    mutating func members(_ node: YAMLNode, _ key: String, expecting what: String) -> [YAMLNode.Member]? {
        guard case .mapping(let members) = node.content else {
            expected(what, node, key)
            return nil
        }
        var seen: Set<String> = []
        return members.filter { member in
            let isFirst = seen.insert(member.name).inserted
            if !isFirst {
                report(member.key.line, "\(key).\(member.name)", .duplicateKey, "stands here a second time; the first one counts")
            }
            return isFirst
        }
    }

    /// A program and its arguments.
    mutating func command(_ node: YAMLNode, _ key: String, like example: String) -> [String]? {
        guard let words = node.scalars, let program = words.first, !program.isEmpty, words.allSatisfy({ !$0.utf8.contains(0) }) else {
            expected("a list of a program and its arguments, like \(example)", node, key)
            return nil
        }
        return words
    }

    /// Variables and their values. One that is bad is reported and left out.
    mutating func variables(_ node: YAMLNode, _ key: String) -> [String: String] {
        guard case .mapping(let members) = node.content else {
            expected("a mapping of variables to their values", node, key)
            return [:]
        }
        var variables: [String: String] = [:]
        for member in members {
            guard let value = member.value.scalar, Self.isVariable(member.name), !value.utf8.contains(0) else {
                expected("a variable and its text", member.value, "\(key).\(member.name)")
                continue
            }
            variables[member.name] = value
        }
        return variables
    }

    mutating func absolutePath(_ node: YAMLNode, _ key: String) -> String? {
        guard let path = text(node, key) else { return nil }
        guard path.hasPrefix("/") else {
            expected("an absolute path", node, key)
            return nil
        }
        return path
    }

    mutating func text(_ node: YAMLNode, _ key: String) -> String? {
        guard case .text(let value)? = value(of: .text, node, key) else { return nil }
        return value
    }

    mutating func boolean(_ node: YAMLNode, _ key: String) -> Bool? {
        guard case .boolean(let value)? = value(of: .boolean, node, key) else { return nil }
        return value
    }

    mutating func duration(_ node: YAMLNode, _ key: String, _ range: ClosedRange<Duration>) -> Duration? {
        guard case .duration(let value)? = value(of: .duration(range), node, key) else { return nil }
        return value
    }

    /// One of the words that a type knows.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ node: YAMLNode, _ key: String, of type: Choice.Type) -> Choice?
    {
        guard case .text(let word)? = value(of: .choice(type.allCases.map(\.rawValue)), node, key) else { return nil }
        return type.init(rawValue: word)
    }

    mutating func unknown(_ member: YAMLNode.Member, _ key: String, among fields: [String]) {
        report(member.key.line, key, .unknownKey, Suggestion.unknown(member.name, among: fields))
    }

    mutating func expected(_ what: String, _ node: YAMLNode, _ key: String) {
        report(node.line, key, .badValue, "expected \(what), found \(node.summary)")
    }

    mutating func report(_ line: Int, _ key: String, _ kind: ConfigurationProblem.Kind, _ message: String) {
        problems.append(Problem(line: line, key: key, kind: kind, message: message))
    }

    private mutating func value(of type: ConfigurationType, _ node: YAMLNode, _ key: String) -> ConfigurationValue? {
        guard let value = node.scalar.flatMap(type.value) else {
            expected(type.expectation, node, key)
            return nil
        }
        return value
    }

    private static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "="))
    }
}
