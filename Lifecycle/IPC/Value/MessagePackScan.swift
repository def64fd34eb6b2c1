/// Walks over one MessagePack value without keeping anything of it: whether every length fits into what has really been sent, and nothing is
/// deeper or more than allowed. Done before anything is allocated for the value, whatever lengths it claims.
///
/// The format is msgpack.org's specification of 2017.
struct MessagePackScan {
    private let bytes: UnsafeRawBufferPointer
    private let limits: MessageLimits
    private var position = 0
    private var values = 0

    /// - Throws: `malformed` if the value is cut short or of no known type; `tooLarge` if it is deeper or more than allowed.
    static func check(_ bytes: UnsafeRawBufferPointer, _ limits: MessageLimits) throws(IPCError) {
        var scan = MessagePackScan(bytes: bytes, limits: limits)
        try scan.walk()
        guard scan.position == bytes.count else {
            throw IPCError(.malformed, "\(bytes.count - scan.position) bytes follow the MessagePack value")
        }
    }

    private init(bytes: UnsafeRawBufferPointer, limits: MessageLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Values still to come at each level that is open, innermost last.
    private mutating func walk() throws(IPCError) {
        var open = [1]
        while let left = open.last {
            if left == 0 {
                open.removeLast()
                continue
            }
            open[open.count - 1] = left - 1
            let inside = try step()
            guard inside > 0 else { continue }
            guard open.count <= limits.depth else { throw IPCError(.tooLarge, "the message is nested deeper than \(limits.depth)") }
            // Each value is at least one byte.
            guard inside <= bytes.count - position else { throw cutShort }
            open.append(inside)
        }
    }

    /// Steps over the head of a value and over its bytes, if it has any.
    ///
    /// - Returns: how many values it consists of.
    private mutating func step() throws(IPCError) -> Int {
        values += 1
        guard values <= limits.values else { throw IPCError(.tooLarge, "the message holds more than \(limits.values) values") }
        let head = try number(1)
        switch head {
        case 0x00...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: return 0
        case 0x80...0x8f: return (head & 0x0f) * 2
        case 0x90...0x9f: return head & 0x0f
        case 0xa0...0xbf: try skip(head & 0x1f)
        case 0xc4, 0xd9: try skip(number(1))
        case 0xc5, 0xda: try skip(number(2))
        case 0xc6, 0xdb: try skip(number(4))
        case 0xc7: try skip(number(1) + 1)
        case 0xc8: try skip(number(2) + 1)
        case 0xc9: try skip(number(4) + 1)
        case 0xcc, 0xd0: try skip(1)
        case 0xcd, 0xd1: try skip(2)
        case 0xca, 0xce, 0xd2: try skip(4)
        case 0xcb, 0xcf, 0xd3: try skip(8)
        case 0xd4...0xd8: try skip(1 + 1 << (head - 0xd4))
        case 0xdc: return try number(2)
        case 0xdd: return try number(4)
        case 0xde: return try number(2) * 2
        case 0xdf: return try number(4) * 2
        default:
            throw IPCError(.malformed, "byte \(position - 1) of the message, 0x\(String(head, radix: 16)), begins no MessagePack value")
        }
        return 0
    }

    private mutating func skip(_ count: Int) throws(IPCError) {
        guard count <= bytes.count - position else { throw cutShort }
        position += count
    }

    /// An unsigned number of up to four bytes, most significant first.
    private mutating func number(_ size: Int) throws(IPCError) -> Int {
        guard size <= bytes.count - position else { throw cutShort }
        var value = 0
        for _ in 0..<size {
            value = value << 8 | Int(bytes[position])
            position += 1
        }
        return value
    }

    private var cutShort: IPCError {
        IPCError(
            .malformed, bytes.isEmpty ? "the message is empty" : "the MessagePack value is cut short: it says it is longer than the message"
        )
    }
}
