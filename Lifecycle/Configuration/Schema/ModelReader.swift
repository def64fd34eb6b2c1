/// Reads the `models` of a configuration. One bad model is reported and left out; the others stay.
struct ModelReader {
    private var fields = FieldReader()
    var problems: [FieldReader.Problem] { fields.problems }

    static let names = ["engine", "command", "model", "env", "health", "start_timeout", "device", "ttl", "directory"]
    private static let example = "[llama-server, --port, \"${PORT}\"]"

    mutating func read(_ node: YAMLNode, key: String) -> ModelTable? {
        guard let members = fields.members(node, key, expecting: ConfigurationType.models.expectation) else { return nil }
        var models: [ModelConfiguration] = []
        for member in members {
            let path = "\(key).\(member.name)"
            guard isName(member.name) else {
                fields.report(
                    member.key.line, path, .badValue,
                    "expected a model's name of at most 512 bytes without blanks, found \(member.key.summary)")
                continue
            }
            if let model = model(member.name, member.value, path) { models.append(model) }
        }
        return ModelTable(models)
    }

    private mutating func model(_ name: String, _ node: YAMLNode, _ path: String) -> ModelConfiguration? {
        // `tiny: builtin` is short for `tiny: {engine: builtin}`.
        if let text = node.scalar, let engine = ModelConfiguration.Engine(rawValue: text), engine == .builtin {
            return ModelConfiguration(name: name, engine: engine)
        }
        let before = problems.count
        guard let members = fields.members(node, path, expecting: "builtin, or a mapping with engine and command") else { return nil }
        var model = ModelConfiguration(name: name, engine: .builtin)
        let given = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        for member in members where !member.value.isNull { read(member, "\(path).\(member.name)", into: &model) }
        if given["engine"] == nil { model.engine = given["command"] == nil ? .builtin : .command }
        if model.engine == .command, model.command.isEmpty, given["command"] == nil || given["command"]?.isNull == true {
            fields.report(node.line, "\(path).command", .badValue, "is required by the engine command, like \(Self.example)")
        }
        // What is unknown, or there twice, does not spoil the rest of a model.
        return problems[before...].contains { $0.kind == .badValue } ? nil : model
    }

    private mutating func read(_ member: YAMLNode.Member, _ key: String, into model: inout ModelConfiguration) {
        let node = member.value
        switch member.name {
        case "engine": if let engine = fields.choice(node, key, of: ModelConfiguration.Engine.self) { model.engine = engine }
        case "command": if let words = fields.command(node, key, like: Self.example) { model.command = words }
        case "model": if let text = fields.text(node, key) { model.model = text }
        case "device": if let text = fields.text(node, key) { model.device = text }
        case "directory": if let path = fields.absolutePath(node, key) { model.directory = path }
        case "health":
            guard let path = fields.text(node, key) else { return }
            guard path.hasPrefix("/"), !path.contains(" ") else { return fields.expected("a path that begins with /", node, key) }
            model.healthPath = path
        case "start_timeout":
            if let duration = fields.duration(node, key, .milliseconds(1) ... .seconds(86_400)) { model.startTimeout = duration }
        case "ttl": if let duration = fields.duration(node, key, .zero ... .seconds(3650 * 86_400)) { model.ttl = duration }
        case "env": model.environment = fields.variables(node, key)
        default: fields.unknown(member, key, among: Self.names)
        }
    }

    private func isName(_ name: String) -> Bool {
        (1...512).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
}
