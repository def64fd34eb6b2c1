import SplitMix
import Testing

@testable import IPC

/// MessagePack as strangers write it.
struct MessagePackTests {
    private static func code(_ bytes: [UInt8], limits: MessageLimits = MessageLimits()) -> IPCError.Code? {
        do throws(IPCError) {
            _ = try MessagePack.value(of: bytes, limits: limits)
            return nil
        } catch {
            #expect(!error.message.isEmpty)
            return error.code
        }
    }

    @Test func everyTypeInEveryWidth() throws {
        let values: [([UInt8], MessageValue)] = [
            ([0xc0], .null), ([0xc2], .bool(false)), ([0xc3], .bool(true)), ([0x7f], .integer(127)), ([0xff], .integer(-1)),
            ([0xcc, 200], .integer(200)), ([0xcd, 1, 0], .integer(256)), ([0xce, 0, 1, 0, 0], .integer(65_536)),
            ([0xcf, 0, 0, 0, 0, 0, 0, 0, 5], .integer(5)), ([0xcf] + [UInt8](repeating: 0xff, count: 8), .unsigned(.max)),
            ([0xd0, 0x80], .integer(-128)), ([0xd1, 0x80, 0], .integer(-32_768)), ([0xd2, 0x80, 0, 0, 0], .integer(Int64(Int32.min))),
            ([0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], .integer(.min)), ([0xca, 0x3f, 0x80, 0, 0], .double(1)),
            ([0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], .double(1)), ([0xa1, 0x61], .string("a")), ([0xd9, 1, 0x61], .string("a")),
            ([0xda, 0, 1, 0x61], .string("a")), ([0xdb, 0, 0, 0, 1, 0x61], .string("a")), ([0xc4, 1, 9], .binary([9])),
            ([0xc5, 0, 1, 9], .binary([9])), ([0xc6, 0, 0, 0, 1, 9], .binary([9])), ([0x91, 0xc0], .array([.null])),
            ([0xdc, 0, 1, 0xc0], .array([.null])), ([0xdd, 0, 0, 0, 1, 0xc0], .array([.null])),
            ([0x81, 0xa1, 0x61, 1], .map([.init("a", .integer(1))])),
            ([0xde, 0, 1, 0xa1, 0x61, 1], .map([.init("a", .integer(1))])),
            ([0xdf, 0, 0, 0, 1, 0xa1, 0x61, 1], .map([.init("a", .integer(1))])),
            ([0x81, 0xc4, 1, 0x61, 1], .map([.init("a", .integer(1))])), ([0x80], .map([])), ([0x90], .array([])), ([0xa0], .string("")),
        ]
        for (bytes, value) in values { #expect(try MessagePack.value(of: bytes) == value, "\(bytes)") }
    }

    @Test func lengthsThatAreOnlyClaimed() {
        for claim: [UInt8] in [
            [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff],
            [0xc9, 0xff, 0xff, 0xff, 0xff, 1], [0xdc, 0xff, 0xff], [0xde, 0xff, 0xff, 0xc0], [0xda, 0, 2, 0x61], [0xa2, 0x61],
            [0x92, 0xc0],
            [0x81, 0xa1, 0x61], [0xcf, 0, 0], [0xcb, 0], [0xd9], [],
        ] { #expect(Self.code(claim) == .malformed, "\(claim)") }
    }

    @Test func whatIsNoMessage() {
        for bytes: [UInt8] in [
            [0xc1], [0x91, 0xc1], [0xc0, 0xc0], [0xa1, 0xff], [0xa2, 0xc0, 0x80], [0x81, 1, 2], [0x81, 0xa1, 0xff, 2],
            [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2], [0xd4, 1, 2], [0xc7, 1, 1, 1],
        ] { #expect(Self.code(bytes) == .malformed, "\(bytes)") }
    }

    @Test func depthAndNumberAreBounded() {
        #expect(Self.code([UInt8](repeating: 0x91, count: 31) + [0xc0]) == nil)
        #expect(Self.code([UInt8](repeating: 0x91, count: 33) + [0xc0]) == .tooLarge)
        #expect(Self.code([UInt8](repeating: 0x91, count: 1 << 20)) == .tooLarge)
        var few = MessageLimits()
        few.values = 10
        #expect(Self.code([0x99] + [UInt8](repeating: 0xc0, count: 9), limits: few) == nil)
        #expect(Self.code([0x9a] + [UInt8](repeating: 0xc0, count: 10), limits: few) == .tooLarge)
        #expect(Self.code([0xdd, 0, 0x0f, 0xff, 0xfb] + [UInt8](repeating: 0xc0, count: 0xffffb)) == .tooLarge)
    }

    @Test func manyKeysTwiceAreFound() {
        let members = (0..<40).map { MessageValue.Member("k\($0)", .null) }
        #expect(Self.code(MessagePack.bytes(of: .map(members))) == nil)
        #expect(Self.code(MessagePack.bytes(of: .map(members + [members[39]]))) == .malformed)
    }

    @Test func whatIsWrittenIsRead() throws {
        let value = MessageValue.map([
            .init("null", .null), .init("yes", .bool(true)), .init("small", .integer(-7)), .init("large", .unsigned(.max)),
            .init("least", .integer(.min)), .init("real", .double(.pi)), .init("endless", .double(.infinity)),
            .init("text", .string("żółw 🐢")),
            .init("bytes", .binary([0, 255])), .init("list", .array([.array([]), .map([])])),
        ])
        #expect(try MessagePack.value(of: MessagePack.bytes(of: value)) == value)
    }

    /// A hundred thousand mutilated messages: each is read or refused, none ends the process.
    @Test func noiseIsReadOrRefused() {
        var random = SplitMix64(seed: 20)
        let seeds = WireVector.all.flatMap { [$0.map] + $0.arrays }
        var refused = 0
        for _ in 0..<100_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                guard !bytes.isEmpty else { break }
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            if let code = Self.code(bytes) {
                refused += 1
                #expect(code == .malformed || code == .tooLarge)
            }
        }
        #expect(refused > 10_000)
    }
}
