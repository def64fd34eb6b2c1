internal import ContextContract
internal import DaemonContract
internal import Glibc

/// `context hook`: what the hooks of a coding assistant run. It reads what the assistant says of the event and never stands in its way.
enum ContextHookCommand {
    /// What happened in the assistant.
    enum Event: String, CaseIterable {
        case sessionStart = "session-start"
        case userPrompt = "user-prompt"
        case postToolUse = "post-tool-use"
        case subagentStop = "subagent-stop"
    }

    /// Longer than this no hook holds its assistant up.
    private static let patience: Duration = .seconds(2)

    static let command = Command(
        "context", "hook", summary: "tell the context daemon of an event in a coding assistant",
        discussion: [
            "Reads the event as JSON on standard input: cwd, prompt, tool_input.file_path. For user-prompt it prints the project's context, which the "
                + "assistant adds to the prompt. Whatever fails is said on standard error only: an assistant is never held up.",
            "'rbee-keeper context install-hooks' writes the scripts that run it.",
        ],
        operands: [OperandSpec("EVENT", .choice(Event.allCases.map(\.rawValue)), "what happened")],
        exits: [.init(.done, "always"), .init(.usage)],
        examples: [
            .init(#"echo '{"cwd":"/src/app","prompt":"fix main.c"}' | rbee-keeper context hook user-prompt"#, "what an assistant is told")
        ],
        timeout: "2s"
    ) { context in
        guard let event = context.arguments.operands.first.flatMap(Event.init) else { return .usage }
        do {
            try await run(event, context)
        } catch {
            context.output.error(KeeperError(from: error))
        }
        return .done
    }

    private static func run(_ event: Event, _ context: KeeperContext) async throws {
        let said = try ContractJSON.decode(JSONValue.self, text: try context.input.readToEnd())
        let cwd = said["cwd"]?.stringValue ?? context.absolute(".")
        let control = try context.daemons()
        let deadline = context.arguments.timeout ?? patience
        func ask(_ request: ContextRequest) async throws -> ContextResponse {
            try await control.ask(request, starting: event == .sessionStart, within: deadline)
        }
        switch event {
        case .sessionStart:
            _ = try await ask(.prepareContext(cwd: cwd, prompt: nil))
        case .userPrompt:
            guard case .ok(.context(let text, _)?) = try await ask(.getContext(cwd: cwd, prompt: said["prompt"]?.stringValue)) else {
                return
            }
            try context.output.print(piece: text)
        case .postToolUse:
            guard let path = said["tool_input"]?["file_path"]?.stringValue else { return }
            _ = try await ask(.notifyFileChange(cwd: cwd, path: path, changeType: access(path, F_OK) == 0 ? .modified : .deleted))
        case .subagentStop:
            guard let decision = said["decision"]?.stringValue ?? said["result"]?.stringValue, !decision.isEmpty else { return }
            let agent = said["agent_id"]?.stringValue ?? said["session_id"]?.stringValue ?? "subagent"
            let experience = Experience(
                agentID: agent, decision: decision, rationale: said["rationale"]?.stringValue, timestamp: Int64(time(nil)))
            _ = try await ask(.graftExperience(cwd: cwd, experience: experience))
        }
    }
}
