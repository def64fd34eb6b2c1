import Testing

@testable import IPC

/// The bytes on the wire are those that were agreed upon.
struct VectorTests {
    @Test func thereAreVectors() { #expect(WireVector.all.count >= 15) }

    @Test(arguments: WireVector.all) func aMapIsReadAndWrittenByteForByte(_ vector: WireVector) throws {
        let value = try MessagePack.value(of: vector.map)
        #expect(MessagePack.bytes(of: try vector.rewritten(value)) == vector.map)
    }

    @Test(arguments: WireVector.all) func aListIsReadAsTheSame(_ vector: WireVector) throws {
        for bytes in vector.arrays {
            #expect(MessagePack.bytes(of: try vector.rewritten(try MessagePack.value(of: bytes))) == vector.map)
        }
    }

    @Test(arguments: WireVector.all) func jsonIsReadAsTheSame(_ vector: WireVector) throws {
        let value = try JSONText.value(of: try JSONText.bytes(of: vector.json))
        #expect(MessagePack.bytes(of: try vector.rewritten(value)) == vector.map)
    }

    @Test func aFrameBeginsWithItsLength() throws {
        let ping = try #require(WireVector.all.first { $0.name == "ping" })
        let value = try MessagePack.value(of: ping.arrays[0])
        #expect(FrameMachine.frame(of: value) == [6, 0, 0, 0] + ping.arrays[0])
    }
}
