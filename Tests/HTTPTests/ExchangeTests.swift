import EventLoop
import HTTP
import Testing

/// What a person who writes a daemon relies on, over both transports.
@Suite struct ExchangeTests {
    @Test(arguments: Pair.Transport.allCases)
    func `a request reaches its handler and the answer comes back`(_ transport: Pair.Transport) async throws {
        let pair = try Pair(transport) { request in
            let body = (try? await request.collectBody()) ?? []
            let query = request.query.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            return .text("\(request.method) \(request.path) \(query) \(body.count) \(request.headers["x-test"] ?? "-")")
        }
        let first = try await pair.get("/a%20b?x=1&y=%32+", headers: ["X-Test": "yes"])
        #expect(first.status == .ok)
        #expect(String(decoding: try await first.collectBody(), as: UTF8.self) == #"GET /a b ["x=1", "y=2 "] 0 yes"#)
        let second = try await pair.post(Array(repeating: 7, count: 1_000_000), to: "/b")
        #expect(String(decoding: try await second.collectBody(), as: UTF8.self) == "POST /b [] 1000000 -")
        #expect(pair.server.connections == 1)
        pair.end()
    }

    @Test(arguments: Pair.Transport.allCases)
    func `bodies stream both ways`(_ transport: Pair.Transport) async throws {
        let pair = try Pair(transport) { request in
            HTTPResponse(
                content: .stream { writer in
                    for try await bytes in request.body {
                        try await writer.write(bytes)
                    }
                })
        }
        let piece = [UInt8](repeating: 42, count: 100_000)
        let request = HTTPClientRequest(
            method: .post, target: "/",
            content: .stream(length: nil) { writer in
                for _ in 0..<50 { try await writer.write(piece) }
            })
        let response = try await pair.client.send(request, deadline: .seconds(30))
        var count = 0
        for try await bytes in response.body { count += bytes.count }
        #expect(count == 5_000_000)
        pair.end()
    }

    @Test func `server-sent events arrive one by one`() async throws {
        let pair = try Pair { _ in
            .events { events in
                try await events.send(event: "token", data: "a\nb")
                try await events.keepAlive()
                try await events.send(SSEEvent(id: "2", data: "[DONE]"))
            }
        }
        let response = try await pair.get()
        var events: [SSEEvent] = []
        for try await event in response.body.serverSentEvents { events.append(event) }
        #expect(events == [SSEEvent(event: "token", data: "a\nb"), SSEEvent(id: "2", data: "[DONE]")])
        pair.end()
    }

    @Test func `a thousand requests use one connection`() async throws {
        let pair = try Pair { _ in .text("ok") }
        for _ in 0..<1000 {
            let response = try await pair.get()
            #expect(try await response.collectBody().count == 2)
        }
        #expect(pair.server.connections == 1)
        pair.end()
    }
}
