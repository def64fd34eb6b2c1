import CPlatform
import EventLoop
import Glibc
import HTTP
import Testing

/// A client against servers that misbehave, and the errors that tell what happened.
@Suite struct ClientTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "test")
    }

    private func client(_ port: Int, options: HTTPClientOptions = HTTPClientOptions()) -> HTTPClient {
        HTTPClient(loop: loop, endpoint: .tcp(host: "127.0.0.1", port: port), options: options)
    }

    /// The error of a GET to a server that `serve`s one connection.
    private func failure(_ serve: @escaping @Sendable (RawClient) -> Void) async throws -> HTTPError.Code? {
        let server = try RawServer()
        let serving = Task {
            try await onThread {
                let connection = try server.accept()
                _ = connection.receive(until: "\r\n\r\n")
                serve(connection)
            }
        }
        let client = client(server.port)
        let error = await #expect(throws: HTTPError.self) {
            let response = try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30))
            _ = try await response.collectBody()
        }
        try await serving.value
        client.close()
        return error?.code
    }

    @Test func `nobody listens`() async throws {
        let port = try RawServer().port
        let error = await #expect(throws: HTTPError.self) {
            try await client(port).send(HTTPClientRequest(target: "/"), deadline: .seconds(30))
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
        loop.stop()
    }

    @Test func `there is no socket, or nobody behind it`() async throws {
        let path = "/tmp/rbee-http-none-\(getpid())"
        let client = HTTPClient(loop: loop, endpoint: .unix(path: path))
        let missing = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30))
        }
        #expect(missing?.code == .noSuchSocket)
        let socket = rbee_unix_stream()
        try #require(path.withCString { rbee_unix_bind(socket, $0, strlen($0)) } == 0)
        close(socket)
        let dead = await #expect(throws: HTTPError.self) { try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30)) }
        #expect(dead?.code == .refused)
        unlink(path)
        loop.stop()
    }

    @Test func `a name without an address`() async throws {
        let client = HTTPClient(loop: loop, endpoint: .tcp(host: "no such host", port: 1))
        let error = await #expect(throws: HTTPError.self) { try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30)) }
        #expect(error?.code == .unresolvable)
        loop.stop()
    }

    @Test func `localhost is a name with an address`() async throws {
        let pair = try Pair(.tcp, loop: loop) { .text($0.headers["Host"] ?? "") }
        let client = HTTPClient(loop: loop, endpoint: .tcp(host: "localhost", port: pair.port))
        let response = try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30))
        #expect(String(decoding: try await response.collectBody(), as: UTF8.self) == "localhost:\(pair.port)")
        pair.end()
    }

    @Test func `a path that is too long for an address is connected to all the same`() async throws {
        let pair = try Pair(loop: loop) { _ in .text("ok") }
        guard case .unix(let path) = pair.endpoint else { return }
        let long = "/tmp" + String(repeating: "/.", count: 100) + path.dropFirst("/tmp".count)
        let client = HTTPClient(loop: loop, endpoint: .unix(path: long))
        #expect(try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30)).status == .ok)
        client.close()
        pair.end()
    }

    // MARK: Servers that go away

    @Test func `the server closes without a word`() async throws {
        #expect(try await failure { _ in } == .closedBeforeResponse)
        loop.stop()
    }

    @Test func `the server resets without a word`() async throws {
        #expect(try await failure { $0.resetOnClose() } == .closedBeforeResponse)
        loop.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ])
    func `the server closes in the middle`(_ text: String) async throws {
        #expect(try await failure { $0.send(text) } == .closed)
        loop.stop()
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `the server does not speak HTTP`(_ text: String) async throws {
        #expect(try await failure { $0.send(text) } == .malformed)
        loop.stop()
    }

    @Test func `the head of a response has a limit`() async throws {
        #expect(try await failure { $0.send("HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n") } == .tooLarge)
        loop.stop()
    }

    // MARK: Deadlines and cancellation

    @Test func `no answer in time`() async throws {
        let never = Event()
        let pair = try Pair(loop: loop) { _ in
            await never.value()
            return .text("late")
        }
        let error = await #expect(throws: HTTPError.self) {
            try await pair.client.send(HTTPClientRequest(target: "/"), deadline: .milliseconds(30))
        }
        #expect(error?.code == .deadlineExceeded)
        never.happen()
        pair.end()
    }

    @Test(arguments: [HTTPClientRequest.Span.exchange, .head])
    func `a deadline is for the exchange or for its head`(_ span: HTTPClientRequest.Span) async throws {
        let pair = try Pair(loop: loop) { [loop] _ in
            HTTPResponse(
                content: .stream { writer in
                    try await writer.write("first")
                    try await loop.sleep(for: .milliseconds(1500))
                    try await writer.write("last")
                })
        }
        let body = Task(executorPreference: loop) {
            try await pair.client.send(HTTPClientRequest(target: "/", deadlineSpan: span), deadline: .seconds(1)).collectBody()
        }
        switch span {
        case .exchange:
            let error = await #expect(throws: HTTPError.self) { try await body.value }
            #expect(error?.code == .deadlineExceeded)
        case .head:
            #expect(try await body.value == Array("firstlast".utf8))
        }
        pair.end()
    }

    @Test func `cancelling the caller ends the request, on both sides`() async throws {
        let started = Event()
        let ended = Event()
        let pair = try Pair(loop: loop) { [loop] _ in
            started.happen()
            try? await loop.sleep(for: .seconds(3600))
            ended.happen()
            return .text("")
        }
        let asking = Task { try await pair.get() }
        await started.value()
        asking.cancel()
        let error = await #expect(throws: HTTPError.self) { try await asking.value }
        #expect(error?.code == .cancelled)
        await ended.value()
        pair.end()
    }

    @Test func `dropping a response ends it, on both sides`() async throws {
        let ended = Event()
        let pair = try Pair(loop: loop) { _ in
            HTTPResponse(
                content: .stream { writer in
                    defer { ended.happen() }
                    while true { try await writer.write("tick") }
                })
        }
        _ = try await pair.get()
        await ended.value()
        pair.end()
    }

    @Test func `a client may be dropped while its last response is read`() async throws {
        let release = Event()
        let pair = try Pair(loop: loop) { _ in
            HTTPResponse(
                content: .stream { writer in
                    try await writer.write("first")
                    await release.value()
                    try await writer.write("last")
                })
        }
        func ask() async throws -> HTTPClientResponse {
            try await HTTPClient(loop: loop, endpoint: pair.endpoint).send(HTTPClientRequest(target: "/"), deadline: .seconds(30))
        }
        let response = try await ask()
        release.happen()
        #expect(try await response.collectBody() == Array("firstlast".utf8))
        pair.end()
    }

    @Test func `a body may not be larger than its reader allows`() async throws {
        let pair = try Pair(loop: loop) { _ in .text(String(repeating: "a", count: 1000)) }
        let response = try await pair.get()
        let error = await #expect(throws: HTTPError.self) { try await response.collectBody(upTo: 999) }
        #expect(error?.code == .tooLarge)
        pair.end()
    }

    @Test func `a closed client says so`() async throws {
        let pair = try Pair(loop: loop) { _ in .text("") }
        pair.client.close()
        let error = await #expect(throws: HTTPError.self) { try await pair.get() }
        #expect(error?.code == .stopped)
        pair.end()
    }

    @Test(arguments: [
        HTTPClientRequest(target: "x"), HTTPClientRequest(target: "/a b"), HTTPClientRequest(target: "/\r\nX: y"),
        HTTPClientRequest(target: "/", headers: ["A": "b\r\nC: d"]), HTTPClientRequest(method: HTTPMethod(rawValue: "G T"), target: "/"),
    ])
    func `what cannot be sent is not`(_ request: HTTPClientRequest) async throws {
        let pair = try Pair(loop: loop) { _ in .text("") }
        let error = await #expect(throws: HTTPError.self) { try await pair.client.send(request, deadline: .seconds(30)) }
        #expect(error?.code == .invalid)
        #expect(pair.server.connections == 0)
        pair.end()
    }
}

extension HTTPClientRequest: CustomTestStringConvertible {
    public var testDescription: String { "\(method) \(target.debugDescription)" }
}
