import DaemonContract
import EventLoop
import Glibc
import HTTP
import OperationContract

/// What else this program can be.
enum ProgramMode: String {
    case engine = "--engine"
    case engineChild = "--engine-child"
    case bystander = "--bystander"
    case janitor = "--janitor"
}

/// An engine as workers run them: it serves OpenAI's API on a port, and has started a process that left its session.
enum Engine {
    static func run(port: Int) -> Never {
        signal(SIGPIPE, SIG_IGN)
        let variables = environment()
        _ = try? Spawn.start(
            Spawn.ownPath, [Spawn.ownPath, ProgramMode.engineChild.rawValue], environment: variables, inNewSession: true)
        let server = HTTPServer(loop: .shared) { request in
            let body = ChaosFile.text((try? await request.collectBody()) ?? [])
            return answer(request.path, body)
        }
        guard (try? server.listenTCP(host: "127.0.0.1", port: port)) != nil else { exit(1) }
        while true { pause() }
    }

    /// The process that an engine leaves behind, unless somebody ends it.
    static func child() -> Never {
        while true { pause() }
    }

    private static func answer(_ path: String, _ body: String) -> HTTPResponse {
        guard path == OpenAIPath.chatCompletions else { return .text("fine\n") }
        guard body.contains("\"stream\":true") else {
            return .json(
                ChatCompletion(
                    id: "chatcmpl-1", created: 1, model: CommandPlanner.engineModel, text: "from the flowers", finishReason: .stop,
                    usage: Usage(promptTokens: 1, completionTokens: 3)))
        }
        return .events { writer in
            for word in ["from ", "the ", "flowers"] { try await writer.send(data: chunk(word, nil)) }
            try await writer.send(data: chunk(nil, .stop))
            try await writer.send(data: OpenAIStream.end)
        }
    }

    private static func chunk(_ text: String?, _ finish: FinishReason?) throws -> String {
        try ContractJSON.encodeText(
            ChatCompletionChunk(
                id: "chatcmpl-1", created: 1, model: CommandPlanner.engineModel,
                choices: [ChatCompletionChunk.Choice(delta: .init(content: text), finishReason: finish)], usage: nil))
    }

    private static func environment() -> [String: String] {
        var found: [String: String] = [:]
        for name in ["RBEE_HOME", "RBEE_NONCE", "PATH", "HOME"] {
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
        return found
    }
}
