import Testing

@testable import HTTP

/// Server-sent events, on every split.
@Suite struct SSETests {
    private func parse(_ text: String) throws -> [SSEEvent] {
        let bytes = Array(text.utf8)
        var parser = SSEParser()
        let whole = try parser.parse(bytes)
        for cut in bytes.indices {
            var parser = SSEParser()
            let events = try parser.parse(bytes[..<cut]) + parser.parse(bytes[cut...])
            #expect(events == whole)
        }
        var single = SSEParser()
        let one = try bytes.flatMap { try single.parse([$0]) }
        #expect(one == whole)
        return whole
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func `lines end in any of three ways`(_ end: String) throws {
        let text = "event: token\ndata: a\ndata: b\nid: 7\nretry: 100\n\ndata\n\n".replacing("\n", with: end)
        #expect(try parse(text) == [SSEEvent(event: "token", id: "7", data: "a\nb", retry: 100), SSEEvent(id: "7", data: "")])
    }

    @Test func `one space after the colon does not count, comments and unknown fields are ignored`() throws {
        #expect(try parse("\u{FEFF}: hello\n\ndata:  a \nfoo: bar\ndata:b\n: more\n\n") == [SSEEvent(data: " a \nb")])
    }

    @Test func `an event without data is none, and an unfinished one is dropped`() throws {
        #expect(try parse("event: x\n\ndata: a\n\ndata: lost").map(\.data) == ["a"])
        #expect(try parse("event: x\n\ndata: a\n\n").first?.event == nil)
    }

    @Test func `an id with NUL and a retry that is no number are ignored`() throws {
        #expect(try parse("id: a\0b\nretry: 1s\ndata: x\n\n") == [SSEEvent(data: "x")])
    }

    @Test func `letters of several bytes may be cut`() throws {
        #expect(try parse("data: Grüße 👋\n\n") == [SSEEvent(data: "Grüße 👋")])
    }

    @Test(arguments: [
        SSEEvent(data: ""), SSEEvent(data: "a"), SSEEvent(data: " a\n\nb "), SSEEvent(event: "token", id: "1", data: "x", retry: 5),
        SSEEvent(data: "[DONE]"), SSEEvent(data: "data: \nevent: x\n\n"), SSEEvent(data: "\u{FEFF}"),
    ])
    func `what is written can be read`(_ event: SSEEvent) throws {
        #expect(try parse(String(decoding: event.encoded, as: UTF8.self)) == [event])
    }

    @Test func `a line break in a name cannot make a second field`() throws {
        let event = SSEEvent(event: "a\ndata: b", id: "c\r\nid: d", data: "x\r\ny")
        #expect(try parse(String(decoding: event.encoded, as: UTF8.self)).map(\.data) == ["x\ny"])
    }

    @Test func `an event has a size limit`() {
        var parser = SSEParser(limit: 10)
        #expect(throws: HTTPError.self) { try parser.parse(Array("data: 123456789".utf8)) }
        var lines = SSEParser(limit: 10)
        #expect(throws: HTTPError.self) { try lines.parse(Array("data:12\ndata:34\ndata:56\n".utf8)) }
    }
}
