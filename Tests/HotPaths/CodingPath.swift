import ContextContract
import DaemonContract
import IPC
import OperationContract

/// Values to bytes and bytes to values, without a socket.
enum CodingPath {
    static let request = ContextRequest.graftExperience(
        cwd: "/home/bee/projects/hive",
        experience: Experience(
            agentID: "agent-7", decision: "the queue is bounded", rationale: "an unbounded one grew to a gigabyte",
            filesTouched: ["Sources/Hive/Queue.swift", "Tests/HiveTests/QueueTests.swift"], timestamp: 1_750_000_000))

    static let response = ContextResponse.ok(
        .context(
            String(repeating: "## Sources/Hive/Queue.swift\n- `append` waits while it is full\n", count: 16),
            nodes: ["Sources/Hive/Queue.swift", "Sources/Hive/Hive.swift", "Tests/HiveTests/QueueTests.swift"]))

    private static let chat = ChatCompletionRequest(
        model: "builtin",
        messages: [
            ChatMessage(role: .system, text: "You answer in one sentence."),
            ChatMessage(role: .user, text: "What do bees do in winter?"),
            ChatMessage(role: .assistant, text: "They keep warm together and live on their honey."),
            ChatMessage(role: .user, text: "And the queen?"),
        ],
        stream: true, maxTokens: 256, temperature: 0.7, topP: 0.9)

    static func encode(_ value: some Encodable & Sendable, _ count: Int) throws {
        for _ in 0..<count {
            let frame = FrameMachine.frame(of: try ValueEncoder.encode(value))
            guard frame.count > 100 else { throw HotPathError("\(frame.count) bytes are no message") }
        }
    }

    static func decode<Value: Codable & Equatable & Sendable>(_ value: Value, _ count: Int) throws {
        let frame = FrameMachine.frame(of: try ValueEncoder.encode(value))
        for _ in 0..<count {
            var machine = FrameMachine()
            frame.withUnsafeBytes { machine.receive($0) }
            guard case .message(let body, .frames)? = machine.next() else { throw HotPathError("a frame did not come out whole") }
            let read = try ValueDecoder.decode(Value.self, from: try MessagePack.value(of: body))
            guard read == value else { throw HotPathError("\(value) came back as \(read)") }
        }
    }

    static func encodeChat(_ count: Int) throws {
        for _ in 0..<count {
            let bytes = try ContractJSON.encode(chat)
            guard bytes.count > 100 else { throw HotPathError("\(bytes.count) bytes are no chat request") }
        }
    }

    static func decodeChat(_ count: Int) throws {
        let bytes = try ContractJSON.encode(chat)
        for _ in 0..<count {
            let read = try ChatCompletionRequest.read(bytes)
            guard read == chat else { throw HotPathError("\(chat) came back as \(read)") }
        }
    }
}
