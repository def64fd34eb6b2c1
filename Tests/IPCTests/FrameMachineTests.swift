import Testing

@testable import IPC

/// Bytes become messages, however they are cut into pieces.
struct FrameMachineTests {
    private static func frame(_ body: [UInt8]) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    }

    /// What comes out when the input arrives in these pieces and then ends.
    private static func events(_ pieces: [[UInt8]], limit: Int = 64) -> [FrameMachine.Event] {
        var machine = FrameMachine(limit: limit)
        var events: [FrameMachine.Event] = []
        for piece in pieces {
            piece.withUnsafeBytes { machine.receive($0) }
            while let event = machine.next() { events.append(event) }
        }
        machine.end()
        while let event = machine.next() { events.append(event) }
        return events
    }

    private static let inputs: [(name: String, bytes: [UInt8], events: [FrameMachine.Event])] = [
        ("nothing", [], []),
        ("one frame", frame([1, 2, 3]), [.message([1, 2, 3], .frames)]),
        ("an empty frame", frame([]), [.message([], .frames)]),
        (
            "three frames", frame([1]) + frame([]) + frame([2, 3]),
            [.message([1], .frames), .message([], .frames), .message([2, 3], .frames)]
        ),
        ("a frame of JSON", frame(Array("{\"a\":1}".utf8)), [.message(Array("{\"a\":1}".utf8), .frames)]),
        ("the largest frame", frame([UInt8](repeating: 7, count: 64)), [.message([UInt8](repeating: 7, count: 64), .frames)]),
        ("too large a frame", frame([UInt8](repeating: 7, count: 65)), [.tooLarge(65, .frames)]),
        ("a head cut short", [1, 0], [.cutShort(.frames)]),
        ("a body cut short", [3, 0, 0, 0, 1], [.cutShort(.frames)]),
        ("a frame and a cut one", frame([1]) + [9], [.message([1], .frames), .cutShort(.frames)]),
        ("a length that begins as JSON does", frame([UInt8](repeating: 1, count: 0x5b)).dropLast(0x5b) + [], [.tooLarge(0x5b, .frames)]),
        ("a line", Array("{\"a\":1}\n".utf8), [.message(Array("{\"a\":1}".utf8), .lines)]),
        ("the shortest line", Array("{}\n".utf8), [.message(Array("{}".utf8), .lines)]),
        (
            "two lines and blanks", Array("[1]\n\r\n \n{\"b\":2}\n".utf8),
            [.message(Array("[1]".utf8), .lines), .message(Array("{\"b\":2}".utf8), .lines)]
        ),
        ("a line without an end", Array("{\"action\":\"ping\"}".utf8), [.message(Array("{\"action\":\"ping\"}".utf8), .lines)]),
        (
            "the largest line", Array(("[" + String(repeating: " ", count: 62) + "]\n").utf8),
            [.message(Array(("[" + String(repeating: " ", count: 62) + "]").utf8), .lines)]
        ),
        ("too large a line", Array(("[" + String(repeating: " ", count: 63) + "]\n[1]\n").utf8), [.tooLarge(nil, .lines)]),
    ]

    @Test func wholeInputs() {
        for input in Self.inputs { #expect(Self.events([input.bytes]) == input.events, "\(input.name)") }
    }

    @Test func everyCutGivesTheSame() {
        for input in Self.inputs {
            #expect(Self.events(input.bytes.map { [$0] }) == input.events, "\(input.name), byte by byte")
            for first in 0...input.bytes.count {
                #expect(
                    Self.events([Array(input.bytes[..<first]), Array(input.bytes[first...])]) == input.events,
                    "\(input.name), cut at \(first)")
                for second in first...input.bytes.count where input.bytes.count < 40 {
                    let pieces = [input.bytes[..<first], input.bytes[first..<second], input.bytes[second...]].map { Array($0) }
                    #expect(Self.events(pieces) == input.events, "\(input.name), cut at \(first) and \(second)")
                }
            }
        }
    }

    @Test func itIsWithinAMessageOnlyBetweenItsFirstAndItsLastByte() {
        var machine = FrameMachine(limit: 64)
        #expect(!machine.isWithinMessage)
        for byte in Self.frame([1, 2]).dropLast() {
            [byte].withUnsafeBytes { machine.receive($0) }
            #expect(machine.next() == nil)
            #expect(machine.isWithinMessage)
        }
        [UInt8(2)].withUnsafeBytes { machine.receive($0) }
        #expect(machine.next() == .message([1, 2], .frames))
        #expect(!machine.isWithinMessage)
    }

    @Test func noMemoryIsTakenForALengthThatIsOnlyClaimed() {
        var machine = FrameMachine()
        [UInt8](arrayLiteral: 0, 0, 16, 0).withUnsafeBytes { machine.receive($0) }
        #expect(machine.next() == nil)
        #expect(machine.buffered == 4)
    }

    @Test func aLimitIsALimit() {
        let limit = 1 << 20
        let body = [UInt8](repeating: 0xc0, count: limit)
        #expect(Self.events([Self.frame(body)], limit: limit) == [.message(body, .frames)])
        #expect(Self.events([[1, 0, 16, 0]], limit: limit) == [.tooLarge(limit + 1, .frames)])
    }
}
