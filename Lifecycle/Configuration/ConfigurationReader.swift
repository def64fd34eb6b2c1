/// Gathers values from one source after the other. The first good value of a key stays.
struct ConfigurationReader {
    private(set) var given: [String: Configuration.Entry] = [:]
    private(set) var problems: [ConfigurationProblem] = []
    private let path: String

    /// More than this nobody reads; the first ones are told.
    private static let mostProblems = 100

    init(path: String?) {
        self.path = path ?? "configuration"
    }

    mutating func read(flags: [String: String]) {
        for (name, text) in flags.sorted(by: { $0.key < $1.key }) {
            guard let key = Settings.key(name) else {
                report(.unknownKey, .flag(name), name, Suggestion.unknown(name, among: Settings.all.map(\.name)))
                continue
            }
            take(text, as: key, from: .flag(name))
        }
    }

    mutating func read(environment: [String: String]) {
        for key in Settings.all {
            guard let text = environment[key.environmentName], !text.isEmpty else { continue }
            take(text, as: key, from: .environment(key.environmentName))
        }
    }

    mutating func read(_ bytes: [UInt8]) {
        let root: YAMLNode?
        do {
            root = try YAMLParser.parse(bytes)
        } catch {
            return report(.syntax, .file(path, line: error.line), nil, error.message)
        }
        guard let root else { return }
        guard case .mapping = root.content else {
            return report(
                .syntax, .file(path, line: root.line), nil, "expected keys and values, like queen.port: 7833, found \(root.summary)")
        }
        var seen: [String: Int] = [:]
        for found in KeyPath.flatten(root) {
            let source = ConfigurationSource.file(path, line: found.node.line)
            let place = ConfigurationSource.file(path, line: found.keyLine)
            if let first = seen[found.name] {
                report(.duplicateKey, place, found.name, "stands here a second time; line \(first) counts")
                continue
            }
            seen[found.name] = found.keyLine
            guard let key = Settings.key(found.name) else {
                report(.unknownKey, place, found.name, Suggestion.unknown(found.name, among: Settings.words))
                continue
            }
            if !found.node.isNull { take(found.node, as: key, from: source) }
        }
    }

    /// Takes a text of the environment or command line. Lists and models may also be written as in a file.
    private mutating func take(_ text: String, as key: ConfigurationKey, from source: ConfigurationSource) {
        if let value = key.type.value(of: text), key.type.isScalar || !text.hasPrefix("[") {
            return set(key, value, source)
        }
        if !key.type.isScalar, let node = try? YAMLParser.parse(text: text), node.scalar == nil {
            return take(node, as: key, from: source)
        }
        let found = key.isSecret ? "some text" : "\"\(text.prefix(80))\""
        report(.badValue, source, key.name, "expected \(key.type.expectation), found \(found)")
    }

    private mutating func take(_ node: YAMLNode, as key: ConfigurationKey, from source: ConfigurationSource) {
        switch key.type {
        case .models:
            var reader = ModelReader()
            let table = reader.read(node, key: key.name)
            report(reader.problems, source)
            if let table { set(key, .models(table), source) }
        case .processes:
            var reader = ProcessReader()
            let table = reader.read(node, key: key.name)
            report(reader.problems, source)
            if let table { set(key, .processes(table), source) }
        case .list:
            guard let texts = node.scalars, texts.allSatisfy({ !$0.isEmpty }) else { return expected(key, node, source) }
            set(key, .list(texts), source)
        case .port, .count, .size, .duration, .boolean, .text, .path, .choice:
            guard let value = node.scalar.flatMap(key.type.value) else { return expected(key, node, source) }
            set(key, value, source)
        }
    }

    private mutating func report(_ problems: [FieldReader.Problem], _ source: ConfigurationSource) {
        for problem in problems.sorted(by: { $0.line < $1.line }) {
            report(problem.kind, at(problem.line, source), problem.key, problem.message)
        }
    }

    private func at(_ line: Int, _ source: ConfigurationSource) -> ConfigurationSource {
        guard case .file(let path, _) = source else { return source }
        return .file(path, line: line)
    }

    private mutating func expected(_ key: ConfigurationKey, _ node: YAMLNode, _ source: ConfigurationSource) {
        let found = key.isSecret && node.scalar != nil ? "some text" : node.summary
        report(.badValue, source, key.name, "expected \(key.type.expectation), found \(found)")
    }

    private mutating func set(_ key: ConfigurationKey, _ value: ConfigurationValue, _ source: ConfigurationSource) {
        // Sources come in the order in which they count.
        guard given[key.name] == nil else { return }
        given[key.name] = Configuration.Entry(key: key, value: value, source: source)
    }

    private mutating func report(_ kind: ConfigurationProblem.Kind, _ source: ConfigurationSource, _ key: String?, _ message: String) {
        guard problems.count < Self.mostProblems else { return }
        problems.append(ConfigurationProblem(kind: kind, source: source, key: key, message: message))
    }
}

/// The names of a document: `queen: {port: 1}` and `queen.port: 1` are both `queen.port`.
enum KeyPath {
    /// A name, what belongs to it, and the line the name stands on.
    struct Found {
        let name: String
        let node: YAMLNode
        let keyLine: Int
        /// The nodes of its name, outermost first.
        let keys: [YAMLNode]
    }

    /// All names in the order of the document. Below a known key everything is its value; an empty mapping or null is passed over if
    /// keys begin with its name.
    static func flatten(_ root: YAMLNode, prefix: String = "", keys: [YAMLNode] = []) -> [Found] {
        guard case .mapping(let members) = root.content else { return [] }
        return members.flatMap { member -> [Found] in
            let name = prefix.isEmpty ? member.name : "\(prefix).\(member.name)"
            let path = keys + [member.key]
            let isSection = Settings.all.contains { $0.name.hasPrefix(name + ".") }
            if Settings.key(name) == nil, isSection {
                if case .mapping = member.value.content { return flatten(member.value, prefix: name, keys: path) }
                if member.value.isNull { return [] }
            }
            return [Found(name: name, node: member.value, keyLine: member.key.line, keys: path)]
        }
    }
}
