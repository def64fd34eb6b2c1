import EventLoop
import HTTP
import Testing

/// Connections that are used again, and requests that are or are not sent again.
@Suite struct PoolTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "test")
    }

    private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// A server that answers the first request of its first connection, reads the second and hangs up without a word, and answers what
    /// comes on a second connection; what it read there.
    private func hangsUp(on request: HTTPClientRequest) async throws -> (Result<HTTPStatus, HTTPError>, again: String) {
        let server = try RawServer()
        let again = Task { [answer] in
            try await onThread {
                let first = try server.accept()
                _ = first.receive(until: "\r\n\r\n")
                first.send(answer)
                _ = first.receive(until: "\r\n\r\n")
                first.shutDownWriting()
                let second = try server.accept()
                let text = second.receive(until: "\r\n\r\n")
                second.send(answer)
                return text
            }
        }
        let client = HTTPClient(loop: loop, endpoint: .tcp(host: "127.0.0.1", port: server.port))
        _ = try await client.send(HTTPClientRequest(target: "/first"), deadline: .seconds(30)).collectBody()
        let result: Result<HTTPStatus, HTTPError>
        do throws(HTTPError) {
            result = .success(try await client.send(request, deadline: .seconds(30)).status)
        } catch {
            result = .failure(error)
        }
        // Somebody has to come, for the server to end.
        let visitor = HTTPClient(loop: loop, endpoint: .tcp(host: "127.0.0.1", port: server.port))
        _ = try? await visitor.send(HTTPClientRequest(target: "/visitor"), deadline: .seconds(1))
        let text = try await again.value
        client.close()
        visitor.close()
        return (result, text)
    }

    @Test(arguments: [HTTPMethod.get, .head, .put, .delete])
    func `an idempotent request on a connection that died is sent again`(_ method: HTTPMethod) async throws {
        let (result, again) = try await hangsUp(on: HTTPClientRequest(method: method, target: "/second"))
        #expect(try result.get() == .ok)
        #expect(again.hasPrefix("\(method) /second "))
        loop.stop()
    }

    @Test func `another request is not: it may have been read`() async throws {
        let (result, again) = try await hangsUp(on: HTTPClientRequest(method: .post, target: "/second"))
        #expect(throws: HTTPError.self) { try result.get() }
        if case .failure(let error) = result { #expect(error.code == .closedBeforeResponse) }
        #expect(again.hasPrefix("GET /visitor "))
        loop.stop()
    }

    @Test func `nor is one whose body has been streamed`() async throws {
        let request = HTTPClientRequest(method: .put, target: "/second", content: .stream(length: 1) { try await $0.write("x") })
        let (result, again) = try await hangsUp(on: request)
        #expect(throws: HTTPError.self) { try result.get() }
        #expect(again.hasPrefix("GET /visitor "))
        loop.stop()
    }

    @Test func `a connection that its server has closed in the meantime is not used`() async throws {
        var limits = HTTPLimits()
        limits.idleTime = .milliseconds(50)
        let pair = try Pair(loop: loop, limits: limits) { _ in .text("ok") }
        // On the loop, so that a connection is not idle between being opened and being used.
        let asking = Task(executorPreference: loop) { [loop] in
            for _ in 0..<3 {
                // Not idempotent: it would not be sent again.
                let response = try await pair.post([])
                #expect(response.status == .ok)
                _ = try await response.collectBody()
                while pair.server.connections > 0 { try await loop.sleep(for: .milliseconds(5)) }
            }
        }
        try await asking.value
        pair.end()
    }

    @Test func `requests at the same time have connections of their own`() async throws {
        let arrived = Shared(0)
        let all = Event()
        let pair = try Pair(loop: loop) { _ in
            if arrived.change({
                $0 += 1; return $0
            }) == 10 {
                all.happen()
            }
            await all.value()
            return .text("ok")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask { _ = try await pair.get().collectBody() }
            }
            try await group.waitForAll()
        }
        #expect(pair.server.connections == 10)
        pair.end()
    }

    @Test func `beyond the limit requests wait for a connection, and give up in time`() async throws {
        var options = HTTPClientOptions()
        options.connections = 2
        let started = Shared(0)
        let release = Event()
        let pair = try Pair(loop: loop, options: options) { request in
            started.change { $0 += 1 }
            if request.path == "/slow" { await release.value() }
            return .text("ok")
        }
        let slow = (0..<2).map { _ in Task { try await pair.get("/slow").collectBody() } }
        while started.value < 2 { try await loop.sleep(for: .milliseconds(1)) }
        let error = await #expect(throws: HTTPError.self) {
            try await pair.client.send(HTTPClientRequest(target: "/late"), deadline: .milliseconds(20))
        }
        #expect(error?.code == .deadlineExceeded)
        let cancelled = Task { try await pair.get("/cancelled") }
        cancelled.cancel()
        await #expect(throws: HTTPError.self) { try await cancelled.value }
        let waiting = (0..<20).map { _ in Task { try await pair.get("/fast").collectBody() } }
        release.happen()
        for task in slow + waiting { #expect(try await task.value == Array("ok".utf8)) }
        #expect(pair.server.connections <= 2)
        #expect(started.value == 22)
        pair.end()
    }

    @Test func `an answer that comes before the request is complete is delivered`() async throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 1000
        let pair = try Pair(.tcp, loop: loop, limits: limits) { _ in .text("handled") }
        let response = try await pair.post([UInt8](repeating: 1, count: 4_000_000))
        #expect(response.status == .contentTooLarge)
        let streamed = HTTPClientRequest(
            method: .post, target: "/",
            content: .stream(length: nil) { writer in
                for _ in 0..<1000 { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
            })
        #expect(try await pair.client.send(streamed, deadline: .seconds(30)).status == .contentTooLarge)
        pair.end()
    }

    @Test func `a streamed request that fails or is too short fails the exchange`() async throws {
        struct Broken: Error {}
        let pair = try Pair(loop: loop) { request in .text("\((try? await request.collectBody().count) ?? -1)") }
        let failing = HTTPClientRequest(method: .post, target: "/", content: .stream(length: nil) { _ in throw Broken() })
        let failed = await #expect(throws: HTTPError.self) { try await pair.client.send(failing, deadline: .seconds(30)) }
        #expect(failed?.underlying is Broken)
        let short = HTTPClientRequest(method: .post, target: "/", content: .stream(length: 10) { try await $0.write("abc") })
        let missing = await #expect(throws: HTTPError.self) { try await pair.client.send(short, deadline: .seconds(30)) }
        #expect(missing?.code == .invalid)
        let long = HTTPClientRequest(method: .post, target: "/", content: .stream(length: 2) { try await $0.write("abc") })
        let excess = await #expect(throws: HTTPError.self) { try await pair.client.send(long, deadline: .seconds(30)) }
        #expect(excess?.code == .invalid)
        pair.end()
    }
}
