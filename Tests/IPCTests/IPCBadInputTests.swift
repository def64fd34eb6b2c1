import ContextContract
import EventLoop
import Glibc
import Platform
import Testing

@testable import IPC

/// Clients that do not behave: each is told why, and the next one is served.
struct IPCBadInputTests {
    /// The server still serves.
    private static func isServing(_ home: IPCHome) async throws {
        let client = try home.client()
        #expect(try await client.send(.ping, within: .seconds(60)) == .ok(.pong(timestamp: 7)))
        await client.close()
    }

    @Test(
        arguments: [
            ("a zero length", [0, 0, 0, 0], "the message is empty"),
            ("no MessagePack", [1, 0, 0, 0, 0xc1], "byte 0 of the message, 0xc1"),
            ("MessagePack cut short", [2, 0, 0, 0, 0x92, 0xc0], "cut short"),
            ("a claimed length", [5, 0, 0, 0, 0xdd, 0xff, 0xff, 0xff, 0xff], "cut short"),
            ("two values", [2, 0, 0, 0, 0xc0, 0xc0], "1 bytes follow"),
            ("bad JSON", [2, 0, 0, 0, 0x7b, 0x31], "the message is no JSON: line 1"),
            ("a key twice", [7, 0, 0, 0, 0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 1], "the key \"a\" stands twice"),
        ] as [(String, [UInt8], String)])
    func whatCannotBeReadIsRefusedAndTheConnectionClosed(_ name: String, _ bytes: [UInt8], _ why: String) async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send(bytes)
            let answer = try await client.lastAnswer()
            #expect(answer.code == .invalidRequest)
            #expect(answer.message?.contains(why) == true, "\(name): \(answer)")
            try await Self.isServing(home)
        }
    }

    @Test func whatIsNoRequestIsRefusedAndTheConnectionGoesOn() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            for (text, why) in [
                (#"{"action":"nope"}"#, "unknown action \"nope\"; known are check_init, init_project"),
                (#"{"action":"check_init"}"#, "the field \"cwd\" is missing"),
                (#"{"cwd":"/"}"#, "the field \"action\" is missing"), (#"{"action":1}"#, "action: text is needed, not an integer"),
                (#"["ping",1]"#, "a list of at most 1 elements"), (#"[]"#, "the list has only 0 elements"),
                (#"{"action":"notify_file_change","cwd":"/","path":"a","change_type":"moved"}"#, "change_type"),
                (#"{"action":"graft_experience","cwd":"/","experience":{"agent_id":"a","decision":"d","timestamp":1e30}}"#, "timestamp"),
            ] {
                let body = Array(text.utf8)
                try await client.send([UInt8(body.count), 0, 0, 0] + body)
                let answer = try await client.answer()
                #expect(answer.code == .invalidRequest)
                #expect(answer.message?.contains(why) == true, "\(text): \(answer)")
            }
            try await client.send(.ping)
            #expect(try await client.answer() == .ok(.pong(timestamp: 7)))
        }
    }

    @Test func theRefusalOfTooLargeAMessageCanBeReadWhileItIsStillBeingSent() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send([1, 0, 16, 0])
            try await client.send([UInt8](repeating: 0xc0, count: 4 << 20))
            client.finish()
            let answer = try await client.lastAnswer()
            #expect(answer.code == .invalidRequest)
            #expect(answer.message == "the message has 1048577 bytes; at most 1048576 are taken")
            try await Self.isServing(home)
        }
    }

    @Test func whoeverNeverStopsSendingIsCutOff() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send([1, 0, 16, 0])
            await #expect(throws: (any Error).self) {
                for _ in 0..<1024 { try await client.send([UInt8](repeating: 0xc0, count: 1 << 20)) }
            }
            try await home.empty()
        }
    }

    @Test func aMessageCutShortByItsSender() async throws {
        try await IPCHome.with { home in
            for piece in [[UInt8](arrayLiteral: 6, 0), [6, 0, 0, 0, 0x91]] {
                let client = try home.connect()
                try await client.send(piece)
                client.finish()
                let answer = try await client.lastAnswer()
                #expect(answer.code == .invalidRequest)
                #expect(answer.message?.contains("in the middle of a message") == true)
            }
            let gone = try home.connect()
            try await gone.send([6, 0, 0, 0, 0x91])
            gone.close()
            try await home.empty()
            try await Self.isServing(home)
        }
    }

    @Test func aStalledMessageGetsATimeoutAndAnIdleConnectionNone() async throws {
        try await IPCHome.with(limits: IPCLimits()) { home in
            let idle = try home.connect()
            for piece in [[UInt8](arrayLiteral: 6, 0, 0, 0, 0x91), Array("{\"action\"".utf8)] {
                let client = try home.connect()
                try await client.send(piece)
                if piece[0] == 6 {
                    #expect(try await client.lastAnswer().code == .timeout)
                } else {
                    #expect(try await client.line().hasPrefix(#"{"status":"error","code":"timeout""#))
                }
            }
            try await idle.send(.ping)
            #expect(try await idle.answer() == .ok(.pong(timestamp: 7)))
        }
    }

    @Test func byteByByteIsAMessageToo() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            for byte in FrameMachine.frame(of: try ValueEncoder.encode(ContextRequest.ping)) { try await client.send([byte]) }
            #expect(try await client.answer() == .ok(.pong(timestamp: 7)))
        }
    }

    @Test func whoeverDoesNotReadIsGivenUp() async throws {
        var limits = IPCHome.patient
        limits.writeTime = .milliseconds(50)
        try await IPCHome.with(limits: limits) { home in
            let client = try home.connect()
            let large = FrameMachine.frame(
                of: try ValueEncoder.encode(ContextRequest.getContext(cwd: "/", prompt: String(repeating: "x", count: 500_000))))
            await #expect(throws: (any Error).self) { for _ in 0..<100 { try await client.send(large) } }
            try await home.empty()
            try await Self.isServing(home)
        }
    }

    @Test func anAnswerThatHasNoFormInJSONIsAnErrorAndTheConnectionGoesOn() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send(text: "{\"action\":\"status\"}\n{\"action\":\"ping\"}\n")
            #expect(try await client.line().hasPrefix(#"{"status":"error","code":"internal_error""#))
            #expect(try await client.line().contains("pong"))
        }
    }

    @Test func beyondTheLimitOfConnectionsClientsAreToldSo() async throws {
        var limits = IPCHome.patient
        limits.connections = 3
        try await IPCHome.with(limits: limits) { home in
            let clients = try (0..<3).map { _ in try home.connect() }
            for client in clients {
                try await client.send(.ping)
                _ = try await client.answer()
            }
            let refused = try home.connect()
            #expect(try await refused.lastAnswer().code == .overloaded)
            refused.close()
            clients[0].close()
            // A server tells nobody of a connection that is gone.
            while home.server.connections > 2 { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
            try await Self.isServing(home)
        }
    }

    @Test func whoeverIsNotAllowedIsNotListenedTo() async throws {
        try await IPCHome.with(allowed: { $0.uid != getuid() }) { home in
            let client = try home.connect()
            #expect(try await client.receive() == [])
        }
    }
}
