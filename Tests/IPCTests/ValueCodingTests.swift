import Testing

@testable import IPC

/// Swift values become messages and come back.
struct ValueCodingTests {
    private struct Everything: Codable, Equatable {
        var flag = true
        var text = "t"
        var real = 1.5
        var single: Float = 0.5
        var small: Int8 = -8
        var large: UInt64 = .max
        var count = 3
        var absent: Int?
        var present: Int? = 4
        var list = [1, 2]
        var table = ["k": "v"]
        var inner = Inner()
        var inners = [Inner(), Inner(name: "x")]
        var choice = Choice.first

        struct Inner: Codable, Equatable { var name = "inner" }
        enum Choice: String, Codable { case first, second }
    }

    private struct Listed: Codable, Equatable {
        var a: Int
        var b: String?
        var c: Int?
        enum CodingKeys: String, CodingKey, CaseIterable { case a, b, c }
    }

    private static func refusal<Value: Decodable>(_ type: Value.Type, _ value: MessageValue) -> String? {
        do throws(IPCError) {
            _ = try ValueDecoder.decode(type, from: value)
            return nil
        } catch {
            #expect(error.code == .mismatch)
            return error.message
        }
    }

    @Test func thereAndBack() throws {
        let value = Everything()
        let message = try ValueEncoder.encode(value)
        #expect(message["absent"] == nil)
        #expect(try ValueDecoder.decode(Everything.self, from: message) == value)
        #expect(try ValueDecoder.decode(Everything.self, from: MessagePack.value(of: MessagePack.bytes(of: message))) == value)
    }

    @Test func aListStandsForItsFieldsInOrder() throws {
        #expect(try ValueDecoder.decode(from: .array([.integer(1), .string("b"), .null])) == Listed(a: 1, b: "b", c: nil))
        #expect(try ValueDecoder.decode(from: .array([.integer(1), .null, .integer(3)])) == Listed(a: 1, b: nil, c: 3))
        #expect(try ValueDecoder.decode(from: .array([.integer(1)])) == Listed(a: 1, b: nil, c: nil))
        #expect(Self.refusal(Listed.self, .array([])) == "the field \"a\" is missing")
        #expect(
            Self.refusal(Listed.self, .array([.integer(1), .null, .null, .null])) == "a list of at most 3 elements is needed, not of 4")
        #expect(Self.refusal(Everything.self, .array([.bool(true)])) == "a map is needed, not a list")
    }

    @Test func whatIsUnknownIsIgnored() throws {
        let value = MessageValue.map([.init("z", .array([.null])), .init("a", .integer(1)), .init("y", .map([]))])
        #expect(try ValueDecoder.decode(from: value) == Listed(a: 1, b: nil, c: nil))
    }

    @Test func numbersFitOrAreRefused() throws {
        #expect(try ValueDecoder.decode(Int8.self, from: .integer(-128)) == -128)
        #expect(try ValueDecoder.decode(UInt64.self, from: .unsigned(.max)) == .max)
        #expect(try ValueDecoder.decode(Int.self, from: .double(3)) == 3)
        #expect(try ValueDecoder.decode(Double.self, from: .integer(3)) == 3)
        #expect(try ValueDecoder.decode(Double.self, from: .unsigned(.max)) == Double(UInt64.max))
        for value: MessageValue in [
            .integer(128), .integer(-129), .unsigned(.max), .double(1.5), .double(.nan), .double(.infinity), .double(1e300), .string("1"),
            .null,
        ] { #expect(Self.refusal(Int8.self, value) != nil, "\(value)") }
        #expect(Self.refusal(UInt.self, .integer(-1)) == "an integer from 0 to 18446744073709551615 is needed")
    }

    @Test func theRefusalSaysWhere() {
        let value = MessageValue.map([
            .init("inners", .array([.map([.init("name", .string("x"))]), .map([.init("name", .integer(1))])]))
        ])
        struct Outer: Decodable { var inners: [Everything.Inner] }
        #expect(Self.refusal(Outer.self, value) == "inners.[1].name: text is needed, not an integer")
    }

    @Test func bytesAreTextIfTheyAreUTF8() throws {
        #expect(try ValueDecoder.decode(String.self, from: .binary(Array("ä".utf8))) == "ä")
        #expect(Self.refusal(String.self, .binary([0xff])) != nil)
    }
}
