import DaemonContract
import Testing

@Suite("Any JSON value")
struct JSONValueTests {
    @Test(
        "Integers of up to 64 bits are kept exactly",
        arguments: [
            "0", "-1", "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
            "18446744073709551615",
        ])
    func integers(text: String) throws {
        #expect(try ContractJSON.encodeText(ContractJSON.decode(JSONValue.self, text: text)) == text)
        let nested = "{\"a\":[\(text)]}"
        #expect(try ContractJSON.encodeText(ContractJSON.decode(JSONValue.self, text: nested)) == nested)
    }

    @Test(
        "Every kind of value",
        arguments: [
            ("null", .null), ("true", true), ("false", false), ("1", 1), ("1.0", 1), ("0.1", 0.1), ("-2.5e-3", -0.0025), ("\"\"", ""),
            ("\"1\"", "1"), ("[]", []), ("{}", [:]), ("[[1,null],{\"a\":{}}]", [[1, nil], ["a": [:]]]),
            ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .double(18_446_744_073_709_551_616)),
        ] as [(String, JSONValue)])
    func kinds(text: String, value: JSONValue) throws {
        #expect(try ContractJSON.decode(JSONValue.self, text: text) == value)
    }

    @Test("Truth values do not become numbers, nor numbers truth values")
    func truth() throws {
        let value = try ContractJSON.decode(JSONValue.self, text: "[true,1,0,false]")
        #expect(value == [true, 1, 0, false])
        #expect(try ContractJSON.encodeText(value) == "[true,1,0,false]")
    }

    @Test("Strings survive escapes, slashes and every plane", arguments: ["a/b", "tab\there", "\"\\", "wörker-✓-🐝", "\u{1}", "e\u{301}"])
    func strings(text: String) throws {
        let bytes = try ContractJSON.encode(JSONValue.string(text))
        #expect(try ContractJSON.decode(JSONValue.self, from: bytes) == .string(text))
    }

    @Test("Slashes are not escaped and keys are sorted")
    func format() throws {
        let value: JSONValue = ["b": "http://x/y", "a": 1, "B": 2, "a10": 3, "a9": 4]
        #expect(try ContractJSON.encodeText(value) == #"{"B":2,"a":1,"a10":3,"a9":4,"b":"http://x/y"}"#)
    }

    @Test("What is not JSON is refused", arguments: ["", " ", "{", "[1", "nul", "{\"a\"}", "\"\u{1}", "01", "[1] 2"])
    func malformed(text: String) {
        #expect(throws: ContractError.self) { try ContractJSON.decode(JSONValue.self, text: text) }
    }

    @Test("Nesting is bounded and never ends the process")
    func depth() throws {
        let fine = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(try ContractJSON.encodeText(ContractJSON.decode(JSONValue.self, text: fine)) == fine)
        let hostile = String(repeating: "[", count: 100_000)
        #expect(throws: ContractError.self) { try ContractJSON.decode(JSONValue.self, text: hostile) }
        #expect(throws: ContractError.self) {
            try ContractJSON.decode(JSONValue.self, text: hostile + String(repeating: "]", count: 100_000))
        }
    }

    @Test("A number that is not finite cannot be written")
    func notFinite() {
        #expect {
            try ContractJSON.encode(JSONValue.double(.infinity))
        } throws: {
            ($0 as? ContractError)?.code == .notEncodable
        }
    }

    @Test("Members and elements")
    func access() {
        let value: JSONValue = ["a": [1, "x", true, 2.5]]
        #expect(value["a"]?[0]?.integerValue == 1)
        #expect(value["a"]?[1]?.stringValue == "x")
        #expect(value["a"]?[2]?.boolValue == true)
        #expect(value["a"]?[3]?.doubleValue == 2.5)
        #expect(value["b"] == nil)
        #expect(value["a"]?[4] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value[0] == nil)
    }
}
