import Testing

@testable import HTTP

/// Everything that two readers of the same bytes could understand differently is refused, wherever the input is cut.
@Suite struct SmugglingTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let text: String
        var status = HTTPStatus.badRequest

        var testDescription: String { name }

        init(_ name: String, _ text: String, _ status: HTTPStatus = .badRequest) {
            self.name = name
            self.text = text
            self.status = status
        }
    }

    static let post = "POST / HTTP/1.1\r\nHost: x\r\n"
    static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

    static let heads: [Case] = [
        Case("length and chunks", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("chunks and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        Case("two different lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
        Case("two equal lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        Case("a list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc"),
        Case("a negative length", post + "Content-Length: -3\r\n\r\nabc"),
        Case("a length with a sign", post + "Content-Length: +3\r\n\r\nabc"),
        Case("a hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc"),
        Case("a length with a space in it", post + "Content-Length: 3 3\r\n\r\nabc"),
        Case("an empty length", post + "Content-Length:\r\n\r\n"),
        Case("a length beyond 64 bits", post + "Content-Length: 18446744073709551619\r\n\r\nabc"),
        Case("a coding that is not known", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", .notImplemented),
        Case("chunks not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        Case("chunks twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("chunks misspelt", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", .notImplemented),
        Case("chunks in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", .notImplemented),
        Case("chunks with a vertical tab", post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n"),
        Case("chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("space before the colon", post + "Content-Length : 3\r\n\r\nabc"),
        Case("tab before the colon", post + "Content-Length\t: 3\r\n\r\nabc"),
        Case("space before the name", "POST / HTTP/1.1\r\n Host: x\r\n\r\n"),
        Case("a folded field", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"),
        Case("a field folded with a tab", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tContent-Length: 3\r\n\r\n"),
        Case("a folded first field", "GET / HTTP/1.1\r\n\tHost: x\r\n\r\n"),
        Case("bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n"),
        Case("bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"),
        Case("bare LF at the end", "GET / HTTP/1.1\r\nHost: x\r\n\n"),
        Case("only bare LF", "GET / HTTP/1.1\nHost: x\n\n"),
        Case("bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n"),
        Case("bare CR in the request line", "GET /\rx HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("two CR before LF", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"),
        Case("NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"),
        Case("NUL in a name", "GET / HTTP/1.1\r\nHost: x\r\nX\0: a\r\n\r\n"),
        Case("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("DEL in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: \u{7F}\r\n\r\n"),
        Case("ESC in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: \u{1B}[2J\r\n\r\n"),
        Case("an empty name", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n"),
        Case("a name with a parenthesis", "GET / HTTP/1.1\r\nHost: x\r\nX(: a\r\n\r\n"),
        Case("a name with a letter beyond ASCII", "GET / HTTP/1.1\r\nHost: x\r\nÄ: a\r\n\r\n"),
        Case("a line without a colon", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"),
        Case("two spaces in the request line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("a space after the version", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"),
        Case("a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case("no version", "GET /\r\nHost: x\r\n\r\n"),
        Case("another protocol", "GET / ICY/1.1\r\nHost: x\r\n\r\n"),
        Case("RTSP with a method of ours", "OPTIONS * RTSP/1.0\r\nHost: x\r\n\r\n"),
        Case("RTSP", "DESCRIBE / RTSP/1.0\r\nHost: x\r\n\r\n"),
        Case("small letters in the version", "GET / http/1.1\r\nHost: x\r\n\r\n"),
        Case("HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", .versionNotSupported),
        Case("HTTP/0.9", "GET / HTTP/0.9\r\nHost: x\r\n\r\n", .versionNotSupported),
        Case("HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", .versionNotSupported),
        Case("an unknown method", "FROB / HTTP/1.1\r\nHost: x\r\n\r\n", .notImplemented),
        Case("small letters in the method", "get / HTTP/1.1\r\nHost: x\r\n\r\n", .notImplemented),
        Case("TLS", "\u{16}\u{03}\u{01}\u{02}\0", .badRequest),
    ]

    static let bodies: [Case] = [
        Case("a chunk size that is no number", chunked + "z\r\n"),
        Case("an empty chunk size", chunked + "\r\n0\r\n\r\n"),
        Case("a negative chunk size", chunked + "-1\r\n"),
        Case("a chunk size with 0x", chunked + "0x1\r\na\r\n0\r\n\r\n"),
        Case("a chunk size beyond 64 bits", chunked + "fffffffffffffffff\r\n"),
        Case("a chunk size before a space", chunked + "1 \r\na\r\n0\r\n\r\n"),
        Case("bare LF after a chunk size", chunked + "1\na\r\n0\r\n\r\n"),
        Case("bare LF after a chunk", chunked + "1\r\na\n0\r\n\r\n"),
        Case("bare CR after a chunk size", chunked + "1\ra\r\n0\r\n\r\n"),
        Case("a chunk longer than its size", chunked + "1\r\nab\r\n0\r\n\r\n"),
        Case("bare LF in an extension", chunked + "1;a\nb\r\na\r\n0\r\n\r\n"),
        Case("bare CR in an extension", chunked + "1;a\rb\r\na\r\n0\r\n\r\n"),
        Case("NUL in an extension", chunked + "1;a\0\r\na\r\n0\r\n\r\n"),
        Case("bare LF at the end of the chunks", chunked + "0\n\n"),
        Case("bare LF in the trailers", chunked + "0\r\nX: y\n\r\n"),
        Case("bare CR in the trailers", chunked + "0\r\nX: y\rZ: z\r\n\r\n"),
        Case("a folded trailer", chunked + "0\r\nX: y\r\n z\r\n\r\n"),
        Case("a trailer without a colon", chunked + "0\r\nnonsense\r\n\r\n"),
        Case("a trailer with a space before the colon", chunked + "0\r\nX : y\r\n\r\n"),
    ]

    @Test(arguments: heads) func `a head that is ambiguous`(_ bad: Case) {
        let (parsed, allTheSame) = Parsed.everyWay(bad.text)
        #expect(parsed.error?.status == bad.status)
        #expect(parsed.messages.isEmpty)
        #expect(allTheSame)
    }

    @Test(arguments: bodies) func `a body that is ambiguous`(_ bad: Case) {
        let bytes = Array(bad.text.utf8)
        for cut in bytes.indices {
            let parsed = Parsed([bytes[..<cut], bytes[cut...]])
            #expect(parsed.error?.status == bad.status)
            #expect(parsed.messages.count == 1)
            #expect(parsed.messages.first?.isComplete == false)
        }
    }

    @Test(arguments: [
        Case("length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        Case("a coding that is not known", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc"),
        Case("bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        Case("a folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
        Case("NUL", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"),
        Case("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
        Case("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        Case("another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        Case("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"),
    ])
    func `a response that is ambiguous`(_ bad: Case) {
        let (parsed, allTheSame) = Parsed.everyWay(bad.text, as: .response)
        #expect(parsed.error != nil)
        #expect(parsed.messages.isEmpty)
        #expect(allTheSame)
    }

    @Test func `the size of a head, the number of its fields and its trailers are limited`() {
        let long = "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 5000) + "\r\n\r\n"
        #expect(Parsed.everyWay(long).0.error?.status == .headerFieldsTooLarge)
        let many = "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "X: y\r\n", count: 40) + "\r\n"
        #expect(Parsed.everyWay(many).0.error?.status == .headerFieldsTooLarge)
        let target = "GET /" + String(repeating: "a", count: 5000) + " HTTP/1.1\r\nHost: x\r\n\r\n"
        #expect(Parsed.everyWay(target).0.error?.status == .headerFieldsTooLarge)
        let trailers = Self.chunked + "0\r\n" + String(repeating: "X: y\r\n", count: 40) + "\r\n"
        #expect(Parsed.everyWay(trailers).0.error?.status == .headerFieldsTooLarge)
        let trailer = Self.chunked + "0\r\nX: " + String(repeating: "a", count: 5000) + "\r\n\r\n"
        #expect(Parsed.everyWay(trailer).0.error?.status == .headerFieldsTooLarge)
    }

    @Test func `chunk extensions are limited`() {
        let one = Self.chunked + "1;" + String(repeating: "a", count: 5000) + "\r\nx\r\n0\r\n\r\n"
        #expect(Parsed.everyWay(one).0.error?.status == .badRequest)
        let many = Self.chunked + String(repeating: "1;" + String(repeating: "a", count: 100) + "\r\nx\r\n", count: 100) + "0\r\n\r\n"
        #expect(Parsed([Array(many.utf8)[...]]).error?.status == .badRequest)
    }

    @Test func `a body of one-byte chunks is allowed`() {
        let text = Self.chunked + String(repeating: "1\r\nx\r\n", count: 5000) + "0\r\n\r\n"
        let parsed = Parsed([Array(text.utf8)[...]])
        #expect(parsed.error == nil)
        #expect(parsed.messages.first?.body.count == 5000)
    }

    @Test func `a stream that is broken stays broken`() throws {
        let parser = HTTPParser(.request, headBytes: 4096, headFields: 32)
        let bad = Array("GET / HTTP/1.1\nHost: x\r\n\r\n".utf8)
        let good = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        for text in [bad, good] {
            #expect(throws: HTTPSyntaxError.self) {
                _ = try text.withUnsafeBytes { bytes throws in try parser.step(bytes) }
            }
        }
    }
}
