import Testing

@testable import HTTP

/// The parser on every split of its input.
@Suite struct ParserTests {
    private func request(_ text: String) throws -> Parsed.Message {
        let (parsed, allTheSame) = Parsed.everyWay(text)
        #expect(allTheSame)
        #expect(parsed.error == nil)
        #expect(parsed.messages.count == 1)
        return try #require(parsed.messages.first)
    }

    private func response(_ text: String, ends: Bool = false, answersHead: Bool = false) throws -> Parsed.Message {
        let (parsed, allTheSame) = Parsed.everyWay(text, as: .response, ends: ends, answersHead: answersHead)
        #expect(allTheSame)
        #expect(parsed.error == nil)
        #expect(parsed.messages.count == 1)
        return try #require(parsed.messages.first)
    }

    @Test func `a request without a body`() throws {
        let message = try request("GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept:text/plain\r\nX-Empty:\r\nX-Padded: \t a b \t \r\n\r\n")
        #expect(message.isComplete)
        #expect(message.body.isEmpty)
        #expect(message.head.method == .get)
        #expect(message.head.target == "/a?b=c")
        #expect(message.head.minorVersion == 1)
        #expect(message.head.keepsAlive)
        #expect(message.head.headers == ["Host": "x", "Accept": "text/plain", "X-Empty": "", "X-Padded": "a b"])
    }

    @Test func `a body with a length`() throws {
        let message = try request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        #expect(message.isComplete)
        #expect(message.body == Array("hello".utf8))
        #expect(message.head.framing == .length(5))
    }

    @Test func `a body in chunks, with extensions and trailers`() throws {
        let message = try request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;c\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n")
        #expect(message.isComplete)
        #expect(message.body == Array("hello world".utf8))
        #expect(message.head.framing == .chunked)
        #expect(message.head.headers.fields.count == 2)
    }

    @Test func `several requests after one another`() throws {
        let (parsed, allTheSame) = Parsed.everyWay(
            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
                + "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n\r\n\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        #expect(allTheSame)
        #expect(parsed.error == nil)
        #expect(parsed.messages.map(\.head.target) == ["/1", "/2", "/3", "/4"])
        #expect(parsed.messages.allSatisfy { $0.isComplete })
        #expect(parsed.messages.map { String(decoding: $0.body, as: UTF8.self) } == ["", "ab", "c", ""])
    }

    @Test func `a step does not go beyond its message`() throws {
        let parser = HTTPParser(.request, headBytes: 4096, headFields: 32)
        let text = Array("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let first = try text.withUnsafeBytes { try parser.step($0) }
        #expect(first.used == text.count / 2)
        let second = try text[first.used...].withUnsafeBytes { try parser.step($0) }
        #expect(second.0 == .end)
        #expect(second.used == 0)
        #expect(!parser.isInMessage)
    }

    @Test(
        arguments: [
            ("HTTP/1.1", nil, true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "Foo, CLOSE", false), ("HTTP/1.0", nil, false),
            ("HTTP/1.0", "Keep-Alive", true),
        ] as [(String, String?, Bool)])
    func `version and Connection say whether the connection stays`(_ version: String, _ connection: String?, _ keepsAlive: Bool) throws {
        let field = connection.map { "Connection: \($0)\r\n" } ?? ""
        #expect(try request("GET / \(version)\r\nHost: x\r\n\(field)\r\n").head.keepsAlive == keepsAlive)
    }

    @Test func `an upgrade that is asked for is not granted, and the stream stays HTTP`() throws {
        let (parsed, allTheSame) = Parsed.everyWay(
            "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(allTheSame)
        #expect(parsed.error == nil)
        #expect(parsed.messages.map(\.head.target) == ["/1", "/2"])
    }

    @Test func `bytes that are not UTF-8 become Latin-1`() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\nX: ".utf8) + [0xE9] + Array("\r\n\r\n".utf8)
        let parsed = Parsed([bytes[...]])
        #expect(parsed.messages.first?.head.headers["X"] == "é")
    }

    // MARK: Responses

    @Test func `a response with a length`() throws {
        let message = try response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(message.isComplete)
        #expect(message.head.status == .ok)
        #expect(message.head.keepsAlive)
        #expect(message.body == Array("ok".utf8))
    }

    @Test func `a response without a reason`() throws {
        #expect(try response("HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n").head.status == HTTPStatus(299))
    }

    @Test func `a response that ends with its connection`() throws {
        let message = try response("HTTP/1.1 200 OK\r\n\r\nall of this", ends: true)
        #expect(message.isComplete)
        #expect(!message.head.keepsAlive)
        #expect(message.head.framing == .untilClose)
        #expect(message.body == Array("all of this".utf8))
    }

    @Test(arguments: ["204 No Content", "304 Not Modified", "100 Continue"])
    func `a response whose status has no body`(_ status: String) throws {
        let message = try response("HTTP/1.1 \(status)\r\nContent-Length: 10\r\n\r\n")
        #expect(message.isComplete)
        #expect(message.body.isEmpty)
    }

    @Test(arguments: ["Content-Length: 10", "Transfer-Encoding: chunked", "X: y"])
    func `the answer to HEAD has no body`(_ field: String) throws {
        let message = try response("HTTP/1.1 200 OK\r\n\(field)\r\n\r\n", answersHead: true)
        #expect(message.isComplete)
        #expect(message.body.isEmpty)
    }

    @Test func `interim responses come before the real one`() throws {
        let (parsed, allTheSame) = Parsed.everyWay(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
            as: .response)
        #expect(allTheSame)
        #expect(parsed.error == nil)
        #expect(parsed.messages.map(\.head.status.code) == [100, 103, 200])
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
    ])
    func `a response that is cut off is an error`(_ text: String) {
        let (parsed, allTheSame) = Parsed.everyWay(text, as: .response, ends: true)
        #expect(allTheSame)
        #expect(parsed.error != nil)
        #expect(parsed.messages.allSatisfy { !$0.isComplete })
    }
}
