internal import CMsgPack

/// MessagePack bytes and the values that they stand for, by msgpack-c.
package enum MessagePack {
    // MARK: Reading

    /// Reads the one value that `bytes` are.
    ///
    /// - Throws: `malformed` for bytes that are no value, for text that is no UTF-8, for keys that are no text or stand there twice;
    ///   `tooLarge` beyond the limits.
    package static func value(of bytes: [UInt8], limits: MessageLimits = MessageLimits()) throws(IPCError) -> MessageValue {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(IPCError) in
            try MessagePackScan.check(raw, limits)
            var unpacked = msgpack_unpacked()
            msgpack_unpacked_init(&unpacked)
            defer { msgpack_unpacked_destroy(&unpacked) }
            var offset = 0
            let result = msgpack_unpack_next(&unpacked, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, &offset)
            guard result == MSGPACK_UNPACK_SUCCESS, offset == raw.count else {
                throw IPCError(.malformed, "the message is no MessagePack value")
            }
            return try value(of: unpacked.data)
        }
    }

    private static func value(of object: msgpack_object) throws(IPCError) -> MessageValue {
        switch object.type {
        case MSGPACK_OBJECT_NIL: return .null
        case MSGPACK_OBJECT_BOOLEAN: return .bool(object.via.boolean)
        case MSGPACK_OBJECT_POSITIVE_INTEGER: return Int64(exactly: object.via.u64).map { .integer($0) } ?? .unsigned(object.via.u64)
        case MSGPACK_OBJECT_NEGATIVE_INTEGER: return .integer(object.via.i64)
        case MSGPACK_OBJECT_FLOAT32, MSGPACK_OBJECT_FLOAT64: return .double(object.via.f64)
        case MSGPACK_OBJECT_STR: return .string(try text(object.via.str.ptr, object.via.str.size))
        case MSGPACK_OBJECT_BIN:
            return .binary(Array(UnsafeRawBufferPointer(start: object.via.bin.ptr, count: Int(object.via.bin.size))))
        case MSGPACK_OBJECT_ARRAY: return .array(try array(object.via.array))
        case MSGPACK_OBJECT_MAP: return .map(try map(object.via.map))
        default: throw IPCError(.malformed, "the message holds an extension value, which has no meaning here")
        }
    }

    private static func array(_ array: msgpack_object_array) throws(IPCError) -> [MessageValue] {
        var values: [MessageValue] = []
        values.reserveCapacity(Int(array.size))
        for element in UnsafeBufferPointer(start: array.ptr, count: Int(array.size)) {
            values.append(try value(of: element))
        }
        return values
    }

    private static func map(_ map: msgpack_object_map) throws(IPCError) -> [MessageValue.Member] {
        var members = MemberList(reserving: Int(map.size))
        for pair in UnsafeBufferPointer(start: map.ptr, count: Int(map.size)) {
            let key: String
            switch pair.key.type {
            case MSGPACK_OBJECT_STR: key = try text(pair.key.via.str.ptr, pair.key.via.str.size)
            case MSGPACK_OBJECT_BIN: key = try text(pair.key.via.bin.ptr, pair.key.via.bin.size)
            default: throw IPCError(.malformed, "a key in the message is no text")
            }
            try members.append(key, try value(of: pair.val))
        }
        return members.members
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ size: UInt32) throws(IPCError) -> String {
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(size))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw IPCError(.malformed, "a text in the message is no UTF-8") }
        return text
    }

    // MARK: Writing

    /// The bytes of a value: the shortest form of each integer, doubles always as 64 bits.
    ///
    /// - Parameter head: bytes to leave room for before the value, zero for now.
    package static func bytes(of value: MessageValue, head: Int = 0) -> [UInt8] {
        var output = Output(bytes: [UInt8](repeating: 0, count: head))
        output.bytes.reserveCapacity(256)
        withUnsafeMutablePointer(to: &output) { output in
            var packer = msgpack_packer()
            msgpack_packer_init(&packer, output) { context, bytes, count in
                context?.assumingMemoryBound(to: Output.self).pointee.bytes.append(
                    contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                return 0
            }
            write(value, &packer)
        }
        return output.bytes
    }

    private struct Output {
        var bytes: [UInt8]
    }

    private static func write(_ value: MessageValue, _ packer: inout msgpack_packer) {
        switch value {
        case .null: msgpack_pack_nil(&packer)
        case .bool(let flag): _ = flag ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer)
        case .integer(let number): msgpack_pack_int64(&packer, number)
        case .unsigned(let number): msgpack_pack_uint64(&packer, number)
        case .double(let number): msgpack_pack_double(&packer, number)
        case .string(let text):
            var text = text
            text.withUTF8 {
                msgpack_pack_str(&packer, $0.count)
                msgpack_pack_str_body(&packer, $0.baseAddress, $0.count)
            }
        case .binary(let bytes):
            msgpack_pack_bin(&packer, bytes.count)
            msgpack_pack_bin_body(&packer, bytes, bytes.count)
        case .array(let values):
            msgpack_pack_array(&packer, values.count)
            for value in values { write(value, &packer) }
        case .map(let members):
            msgpack_pack_map(&packer, members.count)
            for member in members {
                write(.string(member.key), &packer)
                write(member.value, &packer)
            }
        }
    }
}
