import Platform

/// Reads the `models` of a configuration. One bad model is reported and left out; the others stay.
struct ModelReader {
    private(set) var problems: [Problem] = []

    /// What is wrong, and where.
    struct Problem {
        let line: Int
        let key: String
        let kind: ConfigurationProblem.Kind
        let message: String
    }

    static let fields = ["engine", "command", "model", "env", "health", "start_timeout", "device", "ttl", "directory"]

    mutating func read(_ node: YAMLNode, key: String) -> ModelTable? {
        guard case .mapping(let members) = node.content else {
            expected(ConfigurationType.models.expectation, node, key)
            return nil
        }
        var models: [String: ModelConfiguration] = [:]
        var seen: Set<String> = []
        for member in members {
            let path = "\(key).\(member.name)"
            guard seen.insert(member.name).inserted else {
                report(member.key.line, path, .duplicateKey, "stands here a second time; the first one counts")
                continue
            }
            guard isName(member.name) else {
                report(
                    member.key.line, path, .badValue,
                    "expected a model's name of at most 512 bytes without blanks, found \(member.key.summary)")
                continue
            }
            models[member.name] = model(member.name, member.value, path)
        }
        return ModelTable(Array(models.values))
    }

    private mutating func model(_ name: String, _ node: YAMLNode, _ path: String) -> ModelConfiguration? {
        // `tiny: builtin` is short for `tiny: {engine: builtin}`.
        if let text = node.scalar, let engine = ModelConfiguration.Engine(rawValue: text), engine == .builtin {
            return ModelConfiguration(name: name, engine: engine)
        }
        guard case .mapping(let members) = node.content else {
            expected("builtin, or a mapping with engine and command", node, path)
            return nil
        }
        let before = problems.count
        var model = ModelConfiguration(name: name, engine: .builtin)
        var seen: [String: YAMLNode] = [:]
        for member in members {
            let key = "\(path).\(member.name)"
            guard seen[member.name] == nil else {
                report(member.key.line, key, .duplicateKey, "stands here a second time; the first one counts")
                continue
            }
            seen[member.name] = member.value
            if !member.value.isNull { read(member, key, into: &model) }
        }
        if seen["engine"] == nil { model.engine = seen["command"] == nil ? .builtin : .command }
        if model.engine == .command, model.command.isEmpty, seen["command"] == nil || seen["command"]?.isNull == true {
            report(node.line, "\(path).command", .badValue, "is required by the engine command, like [llama-server, --port, \"${PORT}\"]")
        }
        // What is unknown, or there twice, does not spoil the rest of a model.
        return problems[before...].contains { $0.kind == .badValue } ? nil : model
    }

    private mutating func read(_ member: YAMLNode.Member, _ key: String, into model: inout ModelConfiguration) {
        let node = member.value
        switch member.name {
        case "engine":
            let words = ModelConfiguration.Engine.allCases.map(\.rawValue)
            guard let engine = node.scalar.flatMap(ModelConfiguration.Engine.init) else {
                return expected(ConfigurationType.choice(words).expectation, node, key)
            }
            model.engine = engine
        case "command":
            guard let words = node.scalars, let program = words.first, !program.isEmpty, words.allSatisfy({ !$0.utf8.contains(0) }) else {
                return expected("a list of a program and its arguments, like [llama-server, --port, \"${PORT}\"]", node, key)
            }
            model.command = words
        case "model": if let text = text(node, key) { model.model = text }
        case "device": if let text = text(node, key) { model.device = text }
        case "directory":
            guard let path = text(node, key) else { return }
            guard path.hasPrefix("/") else { return expected("an absolute path", node, key) }
            model.directory = path
        case "health":
            guard let path = text(node, key) else { return }
            guard path.hasPrefix("/"), !path.contains(" ") else { return expected("a path that begins with /", node, key) }
            model.healthPath = path
        case "start_timeout": if let duration = duration(node, key, .milliseconds(1) ... .seconds(86_400)) { model.startTimeout = duration }
        case "ttl": if let duration = duration(node, key, .zero ... .seconds(3650 * 86_400)) { model.ttl = duration }
        case "env":
            guard case .mapping(let variables) = node.content else { return expected("a mapping of variables to their values", node, key) }
            for variable in variables {
                guard let value = variable.value.scalar, isVariable(variable.name), !value.utf8.contains(0) else {
                    expected("a variable and its text", variable.value, "\(key).\(variable.name)")
                    continue
                }
                model.environment[variable.name] = value
            }
        default:
            report(member.key.line, key, .unknownKey, Suggestion.unknown(member.name, among: Self.fields))
        }
    }

    private mutating func text(_ node: YAMLNode, _ key: String) -> String? {
        guard let text = node.scalar, case .text(let value)? = ConfigurationType.text.value(of: text) else {
            expected(ConfigurationType.text.expectation, node, key)
            return nil
        }
        return value
    }

    private mutating func duration(_ node: YAMLNode, _ key: String, _ range: ClosedRange<Duration>) -> Duration? {
        let type = ConfigurationType.duration(range)
        guard let text = node.scalar, case .duration(let value)? = type.value(of: text) else {
            expected(type.expectation, node, key)
            return nil
        }
        return value
    }

    private func isName(_ name: String) -> Bool {
        (1...512).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    private func isVariable(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "="))
    }

    private mutating func expected(_ what: String, _ node: YAMLNode, _ key: String) {
        report(node.line, key, .badValue, "expected \(what), found \(node.summary)")
    }

    private mutating func report(_ line: Int, _ key: String, _ kind: ConfigurationProblem.Kind, _ message: String) {
        problems.append(Problem(line: line, key: key, kind: kind, message: message))
    }
}
