import EventLoop
import HTTP
import Testing

@Suite struct ServerTests {
    @Test func `a request is answered`() async throws {
        let loop = try EventLoop(name: "test")
        let server = HTTPServer(loop: loop) { request in
            .text("\(request.method) \(request.path) \(request.query.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })")
        }
        let port = try server.listenTCP(host: "127.0.0.1", port: 0)
        let answer = try await onBlockingThread {
            let client = try RawClient(port: port)
            client.send("GET /a%20b?x=1&y=%32 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let first = client.receive(until: "]")
            client.send("POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
            return first + "|" + client.receiveAll()
        }
        print(answer)
        #expect(answer.contains(#"GET /a b ["x=1", "y=2"]"#))
        server.close()
        loop.stop()
    }
}
