import Testing

@testable import HTTP

/// Headers, targets, dates, heads as bytes.
@Suite struct MessageTests {
    @Test func `headers keep their order and forget the case of names`() {
        var headers: HTTPHeaders = ["B": "1", "a": "2", "b": "3"]
        #expect(headers["b"] == "1")
        #expect(headers.values(of: "B") == ["1", "3"])
        headers["B"] = "4"
        #expect(headers.fields.map(\.name) == ["a", "B"])
        headers["A"] = nil
        #expect(!headers.contains("a"))
        #expect(headers["x"] == nil)
    }

    @Test func `lists are lists over several fields`() {
        let headers: HTTPHeaders = ["Connection": "a, Close ,", "connection": "\tb"]
        #expect(headers.tokens(of: "Connection") == ["a", "Close", "b"])
        #expect(headers.has("close", in: "Connection"))
        #expect(!headers.has("c", in: "Connection"))
    }

    @Test func `how long a server keeps a connection`() {
        #expect((["Keep-Alive": "max=100, Timeout=5"] as HTTPHeaders).keepAliveTimeout == .seconds(5))
        #expect((["Keep-Alive": "timeout=x"] as HTTPHeaders).keepAliveTimeout == nil)
        #expect(([:] as HTTPHeaders).keepAliveTimeout == nil)
    }

    @Test(arguments: [("a", "A", true), ("[", "{", false), ("@", "`", false), ("a", "aa", false), ("ä", "Ä", false), ("", "", true)])
    func `case is ignored for ASCII letters only`(_ one: String, _ other: String, _ equal: Bool) {
        #expect(one.equalsIgnoringCase(other) == equal)
    }

    @Test func `targets are taken apart`() throws {
        let target = try #require(HTTPTarget("/a%2Fb/%C3%A9?x=1+2&y&z=%26&x=3", method: .get))
        #expect(target.path == "/a/b/é")
        #expect(target.query == ["x": "3", "y": "", "z": "&"])
        #expect(HTTPTarget("http://h:1?q=1", method: .get)?.path == "/")
        #expect(HTTPTarget("HTTP://h/p", method: .get)?.authority == "h")
        #expect(HTTPTarget("/+", method: .get)?.path == "/+")
        #expect(HTTPTarget("//x", method: .get)?.path == "//x")
        #expect(HTTPTarget("", method: .get) == nil)
        #expect(HTTPTarget("http:///p", method: .get) == nil)
    }

    @Test func `a date is as the standard has it`() {
        #expect(String(decoding: HTTPDate.format(784_111_777), as: UTF8.self) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func `a response's head`() {
        var bytes: [UInt8] = []
        let headers: HTTPHeaders = [
            "X": "y", "content-length": "99", "Transfer-Encoding": "x", "connection": "x", "date": "x", "Keep-Alive": "x",
        ]
        HTTPSerializer.response(.ok, headers, framing: .length(3), connection: "close", date: Array("now".utf8), into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\nConnection: close\r\nDate: now\r\n\r\n")
    }

    @Test func `a request's head`() {
        var bytes: [UInt8] = []
        HTTPSerializer.request(.post, "/x?y", host: "h:1", ["A": "b"], framing: .chunked, into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == "POST /x?y HTTP/1.1\r\nHost: h:1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    @Test(arguments: [("A\r\nB", "x"), ("", "x"), ("A B", "x"), ("A", "x\r\nB: y"), ("A", "x\ny"), ("A", "\0")])
    func `fields that would break a message are found`(_ name: String, _ value: String) {
        #expect(([name: value] as HTTPHeaders).firstUnsendable() != nil)
    }

    @Test func `JSON errors are JSON whatever the message`() async throws {
        struct Body: Decodable {
            struct Inner: Decodable {
                let code: String
                let message: String
            }
            let error: Inner
        }
        let message = "a \"quoted\" \\ line\nwith \u{1} control and ü"
        guard case .bytes(let bytes) = HTTPResponse.error(.badRequest, code: "x", message: message).content else { return }
        let body = try JSONBody.decode(Body.self, from: bytes)
        #expect(body.error.code == "x")
        #expect(body.error.message == message)
    }

    @Test func `what is wrong with a JSON body is said`() async throws {
        struct Body: Decodable {
            struct Item: Decodable { let count: Int }
            let items: [Item]
        }
        func problem(_ text: String) -> String {
            let error = #expect(throws: HTTPError.self) { try JSONBody.decode(Body.self, from: Array(text.utf8)) }
            return error?.message ?? ""
        }
        #expect(problem(#"{"items":[{"count":1},{"count":"x"}]}"#).contains("items[1].count is not of type Int"))
        #expect(problem(#"{"items":[{}]}"#).contains(#"items[0] lacks "count""#))
        #expect(problem("nonsense").contains("not the JSON expected"))
    }
}
