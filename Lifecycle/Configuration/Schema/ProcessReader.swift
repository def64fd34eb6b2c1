internal import DaemonContract

/// Reads the `processes` of a configuration. A bad one is reported and left out; the others stay.
struct ProcessReader {
    private var fields = FieldReader()
    var problems: [FieldReader.Problem] { fields.problems }

    static let names = ["command", "directory", "env", "health", "notify", "restart", "autostart", "start_timeout", "term"]
    private static let example = "[/usr/bin/redis-server, --port, \"6380\"]"

    mutating func read(_ node: YAMLNode, key: String) -> ProcessConfigurations? {
        guard let members = fields.members(node, key, expecting: ConfigurationType.processes.expectation) else { return nil }
        var processes: [ProcessConfiguration] = []
        for member in members {
            let path = "\(key).\(member.name)"
            do throws(ContractError) {
                _ = try DaemonID(kind: .process, instance: member.name)
            } catch {
                fields.report(member.key.line, path, .badValue, error.message)
                continue
            }
            if let process = process(member.name, member.value, path) { processes.append(process) }
        }
        return ProcessConfigurations(processes)
    }

    private mutating func process(_ name: String, _ node: YAMLNode, _ path: String) -> ProcessConfiguration? {
        let before = problems.count
        guard let members = fields.members(node, path, expecting: "a mapping with command") else { return nil }
        var process = ProcessConfiguration(name: name, command: [])
        for member in members where !member.value.isNull { read(member, "\(path).\(member.name)", into: &process) }
        let isCommandGiven = members.contains { $0.name == "command" && !$0.value.isNull }
        if !isCommandGiven { fields.report(node.line, "\(path).command", .badValue, "is required, like \(Self.example)") }
        if process.notifies, process.health != nil {
            fields.report(node.line, "\(path).notify", .badValue, "says the same as health in another way: leave one of them out")
        }
        // What is unknown, or there twice, does not spoil the rest.
        return problems[before...].contains { $0.kind == .badValue } ? nil : process
    }

    private mutating func read(_ member: YAMLNode.Member, _ key: String, into process: inout ProcessConfiguration) {
        let node = member.value
        switch member.name {
        case "command": if let words = fields.command(node, key, like: Self.example) { process.command = words }
        case "directory": process.directory = fields.absolutePath(node, key)
        case "env": process.environment = fields.variables(node, key)
        case "health":
            guard let text = fields.text(node, key) else { return }
            guard let url = try? HealthURL.normalize(text), url.scheme == "http" else {
                return fields.expected("a URL that begins with http://, like http://127.0.0.1:8080/health", node, key)
            }
            process.health = text
        case "notify": if let truth = fields.boolean(node, key) { process.notifies = truth }
        case "restart": if let word = fields.choice(node, key, of: ProcessConfiguration.Restart.self) { process.restart = word }
        case "autostart": if let truth = fields.boolean(node, key) { process.isAutomatic = truth }
        case "start_timeout": process.startTimeout = fields.duration(node, key, .milliseconds(1) ... .seconds(86_400))
        case "term": process.termination = fields.duration(node, key, .zero ... .seconds(3600))
        default: fields.unknown(member, key, among: Self.names)
        }
    }
}
