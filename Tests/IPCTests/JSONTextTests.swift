import Testing

@testable import IPC

/// JSON as strangers write it.
struct JSONTextTests {
    private static func code(_ text: String) -> IPCError.Code? {
        do throws(IPCError) {
            _ = try JSONText.value(of: Array(text.utf8))
            return nil
        } catch {
            return error.code
        }
    }

    @Test func values() throws {
        let text = #" {"a":[1,-2,2.5,true,false,null,"\u00e9\n\u0000"],"b":{}} "#
        let value = try JSONText.value(of: Array(text.utf8))
        let list: [MessageValue] = [.integer(1), .integer(-2), .double(2.5), .bool(true), .bool(false), .null, .string("é\n\0")]
        #expect(value["a"] == .array(list))
        #expect(value["b"] == .map([]))
        #expect(try JSONText.value(of: try JSONText.bytes(of: value)) == value)
    }

    @Test func whatIsRefused() {
        for text in [
            "", "{", "[1,]", #"{"a":1,"a":2}"#, #"{"a":{"b":1,"b":2}}"#, "{} {}", "{\"a\":\u{1}}", "18446744073709551616", #""\ud800""#,
            "nul", "'a'",
        ] { #expect(Self.code(text) == .malformed, "\(text)") }
        #expect(Self.code(String(repeating: "[", count: 33) + String(repeating: "]", count: 33)) == .tooLarge)
        #expect(Self.code(String(repeating: "[", count: 500_000)) == .malformed)
        #expect(Self.code("[" + String(repeating: "0,", count: 100_000) + "0]") == .tooLarge)
    }

    @Test func anErrorSaysWhere() {
        #expect(throws: IPCError.self) { try JSONText.value(of: Array("{\n \"a\": }".utf8)) }
        do throws(IPCError) {
            _ = try JSONText.value(of: Array("{\n \"a\": }".utf8))
        } catch {
            #expect(error.message.contains("line 2"))
        }
    }

    @Test func whatHasNoFormIsRefusedNotGuessed() {
        for value: MessageValue in [
            .double(.nan), .double(.infinity), .unsigned(.max), .binary([1]), .array([.map([.init("a", .double(.nan))])]),
        ] {
            #expect(throws: IPCError.self, "\(value)") { try JSONText.bytes(of: value) }
        }
    }

    @Test func aLineIsOneLine() throws {
        let bytes = try JSONText.bytes(of: .map([.init("text", .string("one\ntwo\r\u{2028}"))]))
        #expect(!bytes.contains(UInt8(ascii: "\n")) && !bytes.contains(UInt8(ascii: "\r")))
    }
}
