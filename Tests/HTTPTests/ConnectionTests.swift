import EventLoop
import Glibc
import HTTP
import Testing

private let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/// A server seen from a plain socket: what goes over the wire, byte by byte.
@Suite struct ConnectionTests {
    @Test(arguments: Pair.Transport.allCases)
    func `a thousand pipelined requests are answered in order`(_ transport: Pair.Transport) async throws {
        let pair = try Pair(transport) { request in
            // Some are slow, so that order is not luck.
            if request.path.hasSuffix("7") { await Task.yield() }
            return .text("<\(request.path)>")
        }
        let answers = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send((0..<1000).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            return client.receive(until: "</999>")
        }
        let order = answers.split(separator: "<").dropFirst().compactMap { $0.split(separator: ">").first }
        #expect(order == (0..<1000).map { "/\($0)" })
        pair.end()
    }

    @Test func `a client that has shut its half after asking still gets all its answers`() async throws {
        let pair = try Pair { .text("<\($0.path)>") }
        let answers = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send((0..<10).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            client.shutDownWriting()
            return client.receiveAll()
        }
        #expect(answers.contains("</9>"))
        pair.end()
    }

    @Test func `one small response is one write`() async throws {
        let pair = try Pair { _ in .text("hello") }
        let first = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send(get)
            return String(decoding: client.receive(), as: UTF8.self)
        }
        #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(first.hasSuffix("\r\n\r\nhello"))
        pair.end()
    }

    @Test func `the head of a stream goes with its first piece, or without one if that takes its time`() async throws {
        let release = Event()
        let pair = try Pair { request in
            HTTPResponse(
                content: .stream { writer in
                    if request.path == "/slow" { await release.value() }
                    try await writer.write("x")
                })
        }
        let (fast, slow) = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send(get)
            let fast = String(decoding: client.receive(), as: UTF8.self)
            let other = try RawClient(endpoint)
            other.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            let slow = String(decoding: other.receive(), as: UTF8.self)
            return (fast, slow)
        }
        #expect(fast.contains("\r\n\r\n1\r\nx\r\n"))
        #expect(slow.hasSuffix("\r\n\r\n"))
        release.happen()
        pair.end()
    }

    @Test func `HEAD gets no body, and the connection goes on`() async throws {
        let pair = try Pair { _ in .text("hello") }
        let text = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get)
            return client.receive(until: "hello")
        }
        #expect(text.split(separator: "HTTP/1.1 200 OK").count == 2)
        #expect(text.split(separator: "hello").count == 1)
        #expect(text.split(separator: "Content-Length: 5").count == 3)
        pair.end()
    }

    @Test func `HTTP 1.0 gets a stream without chunks, up to the end of the connection`() async throws {
        let pair = try Pair { _ in HTTPResponse(content: .stream { try await $0.write("hello") }) }
        let text = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            return client.receiveAll()
        }
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\nhello"))
        pair.end()
    }

    @Test func `100 Continue comes when the body is read, and not otherwise`() async throws {
        let pair = try Pair { request in
            guard request.path == "/read" else { return .text("unread") }
            return .text("read \((try? await request.collectBody().count) ?? -1)")
        }
        let (read, unread) = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            var read = client.receive(until: "\r\n\r\n")
            client.send("hello")
            read += client.receive(until: "read 5")
            let other = try RawClient(endpoint)
            other.send("POST /not HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            return (read, other.receiveAll())
        }
        #expect(read.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(unread.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(unread.contains("Connection: close"))
        pair.end()
    }

    @Test func `a body that nobody reads does not disturb the next request`() async throws {
        let pair = try Pair { .text("<\($0.path)>") }
        let text = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
            var text = client.receive(until: "</1>")
            client.send("hello" + "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
            text += client.receive(until: "</2>")
            return text
        }
        #expect(text.contains("</2>"))
        pair.end()
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400), ("\u{16}\u{03}\u{01}", 400),
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: cake\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 70_000) + "\r\n\r\n", 431),
    ])
    func `what is refused is answered once, in JSON, and the connection closed`(_ text: String, _ status: Int) async throws {
        let handled = Shared(0)
        let pair = try Pair { _ in
            handled.change { $0 += 1 }
            return .text("handled")
        }
        let answer = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send(text + get + get)
            return client.receiveAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("Connection: close"))
        #expect(answer.contains(#"{"error":{"code":"#))
        #expect(answer.split(separator: "HTTP/1.1 ").count == 1)
        // The handler of a request whose body turned out broken has been started, and stopped.
        #expect(handled.value <= 1)
        pair.end()
    }

    @Test func `a large refusal is read by a client that is still sending`() async throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 1000
        let pair = try Pair(.tcp, limits: limits) { _ in .text("handled") }
        let answer = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
            client.send([UInt8](repeating: 7, count: 2_000_000))
            return client.receiveAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        pair.end()
    }

    @Test func `a header field that would break the response is not sent`() async throws {
        let pair = try Pair { _ in HTTPResponse(headers: ["X": "a\r\nSet-Cookie: b"]) }
        let response = try await pair.get()
        #expect(response.status == .internalServerError)
        #expect(!response.headers.contains("Set-Cookie"))
        pair.end()
    }

    @Test func `the server knows who is at the other end`() async throws {
        let unix = try Pair(.unix) { .text("\($0.peer)") }
        let text = String(decoding: try await unix.get().collectBody(), as: UTF8.self)
        #expect(text == "uid \(geteuid()) pid \(getpid())")
        unix.end()
        let tcp = try Pair(.tcp) { request in
            guard case .tcp(let peer, let local) = request.peer else { return .text("unix") }
            return .text("\(peer.isLoopback) \(local.port)")
        }
        #expect(String(decoding: try await tcp.get().collectBody(), as: UTF8.self) == "true \(tcp.port)")
        tcp.end()
    }

    @Test func `whoever is not authorized is not listened to`() async throws {
        let loop = try EventLoop(name: "test")
        let server = HTTPServer(loop: loop, authorize: { _ in false }, handler: { _ in .text("handled") })
        let port = try server.listenTCP(host: "127.0.0.1", port: 0)
        let client = HTTPClient(loop: loop, endpoint: .tcp(host: "127.0.0.1", port: port))
        await #expect(throws: HTTPError.self) { try await client.send(HTTPClientRequest(target: "/"), deadline: .seconds(30)) }
        #expect(server.connections == 0)
        client.close()
        server.close()
        loop.stop()
    }

    @Test func `a port that is taken is named with its holder`() throws {
        let loop = try EventLoop(name: "test")
        let first = HTTPServer(loop: loop) { _ in .text("") }
        let port = try first.listenTCP(host: "127.0.0.1", port: 0)
        let second = HTTPServer(loop: loop) { _ in .text("") }
        let error = #expect(throws: HTTPError.self) { try second.listenTCP(host: "127.0.0.1", port: port) }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
        #expect(error?.message.contains("\(getpid())") == true)
        first.close()
        loop.stop()
    }
}
