import Testing

@testable import HTTP

/// A response given before the request was read to its end: the client reads it, however much it goes on sending.
@Suite struct LingeringTests {
    @Test func `a long body that nobody wants ends the connection once the response was read`() {
        func serving(_ length: Int) -> HTTPServerConnectionMachine {
            var machine = HTTPServerConnectionMachine(bodyLimit: 100, discardLimit: 10)
            let head = HTTPMessageHead(
                minorVersion: 1, method: .post, target: "/", headers: ["Host": "x"], framing: .length(length), keepsAlive: true)
            _ = machine.headCame(head)
            #expect(machine.bodyCame(20) == .deliver)
            return machine
        }
        var long = serving(50)
        #expect(long.responseBegan(.unauthorized, length: 0)?.connection == .close)
        #expect(long.responseEnded() == .finish)
        let isShut = long.outputDrained()
        #expect(isShut && long.state == .lingering && long.deadline == .linger)
        #expect(long.bodyCame(30) == .discard)
        var short = serving(30)
        #expect(short.responseBegan(.unauthorized, length: 0)?.connection == nil)
        #expect(short.responseEnded() == .discardRest)
    }

    /// Announced, and in pieces of unknown number.
    @Test(arguments: ["Content-Length: 12000000", "Transfer-Encoding: chunked"])
    func `a refusal is read by a client that sends all of a large body first`(_ framing: String) async throws {
        let pair = try Pair(.tcp) { _ in .error(.unauthorized, code: "unauthorized", message: "a token is needed") }
        let answer = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("POST / HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n")
            let size = String(repeating: "x", count: 100_000)
            let piece = framing.hasSuffix("chunked") ? "186a0\r\n\(size)\r\n" : size
            // A write that fails would have been a reset: the answer would be lost with it.
            for _ in 0..<120 { client.send(piece) }
            return client.receiveAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.hasSuffix("}}"), "\(answer.prefix(200))")
        pair.end()
    }
}
