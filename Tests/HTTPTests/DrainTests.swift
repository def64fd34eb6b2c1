import EventLoop
import HTTP
import Testing

/// A server that ends well.
@Suite struct DrainTests {
    @Test(arguments: Pair.Transport.allCases)
    func `draining finishes what is in flight, closes what is idle and refuses what is new`(_ transport: Pair.Transport) async throws {
        let started = Shared(0)
        let release = Event()
        let pair = try Pair(transport) { request in
            started.change { $0 += 1 }
            if request.path == "/slow" { await release.value() }
            return .text("ok")
        }
        // One connection idle, one at work with another request behind it, one with half a head.
        _ = try await pair.get().collectBody()
        let busy = try pair.raw()
        busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        let half = try pair.raw()
        half.send("GET /half HTTP/1.1\r\n")
        while started.value < 2 || pair.server.connections < 3 { try await pair.loop.sleep(for: .milliseconds(1)) }
        #expect(pair.server.inFlight == 1)

        pair.server.stopListening()
        let draining = Task { await pair.server.drain(deadline: .seconds(30)) }
        while pair.server.connections > 2 { try await pair.loop.sleep(for: .milliseconds(1)) }
        half.send("Host: x\r\n\r\n")
        let refused = try await onThread { half.receiveAll() }
        #expect(refused.hasPrefix("HTTP/1.1 503 "))
        #expect(refused.contains("Retry-After: 1\r\n"))
        #expect(refused.contains("Connection: close\r\n"))
        release.happen()
        let answered = try await onThread { busy.receiveAll() }
        #expect(answered.contains("Connection: close\r\n"))
        #expect(answered.split(separator: "HTTP/1.1 ").count == 1)
        #expect(await draining.value)
        #expect(pair.server.inFlight == 0)
        #expect(started.value == 2)
        pair.end()
    }

    @Test func `draining waits for a response that its client has yet to take`() async throws {
        let pair = try Pair { _ in HTTPResponse(content: .bytes([UInt8](repeating: 1, count: 4_000_000))) }
        let response = try await pair.get()
        #expect(pair.server.inFlight == 1)
        let draining = Task { await pair.server.drain(deadline: .seconds(30)) }
        #expect(try await response.collectBody().count == 4_000_000)
        #expect(await draining.value)
        pair.end()
    }

    @Test func `draining gives up in time`() async throws {
        let started = Event()
        let pair = try Pair { _ in
            started.happen()
            try? await EventLoop.shared.sleep(for: .seconds(3600))
            return .text("")
        }
        let asking = Task { try await pair.get() }
        await started.value()
        #expect(await pair.server.drain(deadline: .milliseconds(20)) == false)
        #expect(pair.server.inFlight == 1)
        pair.server.close()
        await #expect(throws: HTTPError.self) { try await asking.value }
        pair.end()
    }

    @Test func `draining a server that has nothing to do is done at once`() async throws {
        let pair = try Pair { _ in .text("") }
        #expect(await pair.server.drain(deadline: .seconds(30)))
        pair.end()
    }

    @Test func `a connection beyond the limit is told so, and others go on`() async throws {
        var limits = HTTPLimits()
        limits.connections = 2
        let notices = Shared<[HTTPServerNotice]>([])
        let loop = try EventLoop(name: "test")
        let server = HTTPServer(loop: loop, limits: limits, notice: { notice in notices.change { $0.append(notice) } }) { _ in .text("ok") }
        let endpoint = HTTPEndpoint.tcp(host: "127.0.0.1", port: try server.listenTCP(host: "127.0.0.1", port: 0))
        let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        let answers = try await onThread {
            let clients = try (0..<4).map { _ in
                let client = try RawClient(endpoint)
                client.send(get)
                let answer = client.receive(until: "\r\n\r\n")
                return (client, answer)
            }
            clients[0].0.send(get)
            return clients.map(\.1) + [clients[0].0.receive(until: "ok")]
        }
        #expect(answers.map { $0.hasPrefix("HTTP/1.1 200 ") } == [true, true, false, false, true])
        #expect(answers[2].hasPrefix("HTTP/1.1 503 "))
        #expect(notices.value == [.connectionLimitReached(2)])
        server.close()
        loop.stop()
    }
}
