internal import DaemonContract
internal import Glibc
internal import Platform

/// `context install-hooks`: scripts for a coding assistant, and the settings that run them.
enum InstallHooksCommand {
    /// The assistant's name of each event, ours, and which tools it is about.
    private static let events: [(theirs: String, ours: ContextHookCommand.Event, matcher: String?)] = [
        ("SessionStart", .sessionStart, nil), ("UserPromptSubmit", .userPrompt, nil), ("PostToolUse", .postToolUse, "Write|Edit|MultiEdit"),
        ("SubagentStop", .subagentStop, nil),
    ]

    static let command = Command(
        "context", "install-hooks", summary: "write hooks for a coding assistant into its directory",
        discussion: [
            "Writes hooks/rbee-EVENT.sh and adds them to settings.json, such as Claude Code reads from ~/.claude or from .claude in a project. Other settings "
                + "stay as they are; the old file is kept beside the new one. Doing it twice changes nothing.",
            #"With --json: {"directory","scripts","settings","backup"}."#,
        ],
        operands: [OperandSpec("DIR", .path, "the assistant's directory, made if it is absent")],
        examples: [.init("rbee-keeper context install-hooks .claude", "for the project in the working directory")]
    ) { context in
        let directory = context.absolute(context.arguments.operands.first ?? ".")
        let keeper = RunningProgram.path ?? "rbee-keeper"
        do throws(SystemError) {
            try Folder.make("\(directory)/hooks")
        } catch {
            throw KeeperError(.failed, error.message, next: ["ls -ld \(ShellWord.quoted(directory))"], underlying: error)
        }
        // The settings first: if they cannot be read nothing is written.
        let settings = "\(directory)/settings.json"
        let old = try read(settings)
        let merged = merge(old.value, directory: directory)
        var scripts: [String] = []
        for event in events {
            let path = script(event.ours, directory)
            try AtomicFile.write(path, Array(text(event.ours, keeper: keeper).utf8), mode: 0o755)
            scripts.append(path)
        }
        var backup: String?
        if merged != old.value {
            if let bytes = old.bytes {
                let path = "\(settings).backup-\(time(nil))"
                try AtomicFile.write(path, bytes, mode: 0o600)
                backup = path
            }
            try AtomicFile.write(settings, try ContractJSON.encodePretty(merged))
        }
        try context.output.result(
            HooksReport(directory: directory, scripts: scripts, settings: settings, backup: backup, changed: merged != old.value))
        return .done
    }

    private static func script(_ event: ContextHookCommand.Event, _ directory: String) -> String {
        "\(directory)/hooks/rbee-\(event.rawValue).sh"
    }

    private static func text(_ event: ContextHookCommand.Event, keeper: String) -> String {
        "#!/bin/sh\n# Written by rbee-keeper context install-hooks. Never fails: an assistant is not held up.\nexec \(ShellWord.quoted(keeper)) context hook \(event.rawValue)\n"
    }

    private static func read(_ path: String) throws -> (value: JSONValue, bytes: [UInt8]?) {
        guard let bytes = try AtomicFile.read(path), !bytes.isEmpty else { return (.object([:]), nil) }
        let value: JSONValue
        do {
            value = try ContractJSON.decode(JSONValue.self, from: bytes)
        } catch {
            throw KeeperError(
                .failed, "\(path) was left as it is: \(error.description)", next: ["python3 -m json.tool \(ShellWord.quoted(path))"],
                underlying: error)
        }
        guard case .object = value else {
            throw KeeperError(.failed, "\(path) was left as it is: it is no JSON object", next: ["cat \(ShellWord.quoted(path))"])
        }
        return (value, bytes)
    }

    /// The settings with our hooks in them, each once.
    static func merge(_ settings: JSONValue, directory: String) -> JSONValue {
        guard case .object(var fields) = settings else { return settings }
        var hooks: [String: JSONValue] = [:]
        if case .object(let present)? = fields["hooks"] { hooks = present }
        for event in events {
            let command = JSONValue.string(ShellWord.quoted(script(event.ours, directory)))
            var entries: [JSONValue] = []
            if case .array(let present)? = hooks[event.theirs] { entries = present }
            let isThere = entries.contains { entry in
                guard case .array(let commands)? = entry["hooks"] else { return false }
                return commands.contains { $0["command"] == command }
            }
            guard !isThere else { continue }
            var entry: [String: JSONValue] = ["hooks": .array([.object(["type": .string("command"), "command": command])])]
            if let matcher = event.matcher { entry["matcher"] = .string(matcher) }
            hooks[event.theirs] = .array(entries + [.object(entry)])
        }
        fields["hooks"] = .object(hooks)
        return .object(fields)
    }

    private struct HooksReport: Report {
        let directory: String
        let scripts: [String]
        let settings: String
        let backup: String?
        let changed: Bool

        private enum CodingKeys: String, CodingKey {
            case directory, scripts, settings, backup
        }

        func lines(_ style: Style) -> [String] {
            scripts.map { "\(style.paint("wrote", .good)) \(SafeText.line($0))" }
                + ["\(style.paint(changed ? "changed" : "unchanged", .good)) \(SafeText.line(settings))"]
                + (backup.map { ["the old one is \(SafeText.line($0))"] } ?? [])
        }
    }
}
