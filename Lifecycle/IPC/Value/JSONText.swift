internal import CJansson

/// JSON text and the values that it stands for, by jansson.
package enum JSONText {
    // MARK: Reading

    /// Reads the one value that `bytes` are.
    ///
    /// - Throws: `malformed` for bytes that are no JSON, with the place; for integers beyond 64 bits; for keys that stand twice;
    ///   `tooLarge` beyond the limits.
    package static func value(of bytes: [UInt8], limits: MessageLimits = MessageLimits()) throws(IPCError) -> MessageValue {
        var failure = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
        let tree = bytes.withUnsafeBytes { json_loadb($0.baseAddress, $0.count, flags, &failure) }
        guard let tree else { throw IPCError(.malformed, "the message is no JSON: \(describe(failure))") }
        defer { json_decref(tree) }
        var left = limits.values
        return try value(of: tree, depth: limits.depth, left: &left, limits)
    }

    private static func describe(_ failure: json_error_t) -> String {
        let text = withUnsafeBytes(of: failure.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return "line \(failure.line), column \(failure.column): \(text)"
    }

    private static func value(
        of tree: UnsafeMutablePointer<json_t>, depth: Int, left: inout Int, _ limits: MessageLimits
    ) throws(IPCError) -> MessageValue {
        left -= 1
        guard left >= 0 else { throw IPCError(.tooLarge, "the message holds more than \(limits.values) values") }
        switch tree.pointee.type {
        case JSON_NULL: return .null
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_INTEGER: return .integer(Int64(json_integer_value(tree)))
        case JSON_REAL: return .double(json_real_value(tree))
        case JSON_STRING:
            return .string(text(json_string_value(tree), json_string_length(tree)))
        default: break
        }
        guard depth > 0 else { throw IPCError(.tooLarge, "the message is nested deeper than \(limits.depth)") }
        if tree.pointee.type == JSON_ARRAY {
            var values: [MessageValue] = []
            for index in 0..<json_array_size(tree) {
                guard let element = json_array_get(tree, index) else { break }
                values.append(try value(of: element, depth: depth - 1, left: &left, limits))
            }
            return .array(values)
        }
        var members: [MessageValue.Member] = []
        var iterator = json_object_iter(tree)
        while let place = iterator, let member = json_object_iter_value(place) {
            let key = text(json_object_iter_key(place), json_object_iter_key_len(place))
            members.append(MessageValue.Member(key, try value(of: member, depth: depth - 1, left: &left, limits)))
            iterator = json_object_iter_next(tree, place)
        }
        return .map(members)
    }

    /// jansson has checked that it is UTF-8.
    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    // MARK: Writing

    /// One line of JSON, without its end.
    ///
    /// - Throws: `malformed` for what JSON has no form for: infinite numbers, bytes, integers above `Int64.max`.
    package static func bytes(of value: MessageValue) throws(IPCError) -> [UInt8] {
        let tree = try tree(of: value)
        defer { json_decref(tree) }
        var bytes: [UInt8] = []
        let flags = Int(JSON_COMPACT) | Int(JSON_ENCODE_ANY)
        let result = withUnsafeMutablePointer(to: &bytes) { bytes in
            json_dump_callback(
                tree,
                { piece, count, context in
                    context?.assumingMemoryBound(to: [UInt8].self).pointee.append(
                        contentsOf: UnsafeRawBufferPointer(start: piece, count: count))
                    return 0
                }, bytes, flags)
        }
        guard result == 0 else { throw IPCError(.malformed, "the value has no form in JSON") }
        return bytes
    }

    /// A tree of jansson's, which the caller gives back.
    private static func tree(of value: MessageValue) throws(IPCError) -> UnsafeMutablePointer<json_t> {
        let made: UnsafeMutablePointer<json_t>?
        switch value {
        case .null: made = json_null()
        case .bool(let flag): made = flag ? json_true() : json_false()
        case .integer(let number): made = json_integer(number)
        case .double(let number): made = json_real(number)
        case .string(var text): made = text.withUTF8 { string($0) }
        case .unsigned, .binary: made = nil
        case .array(let values):
            made = json_array()
            for value in values {
                try add(value) {
                    json_array_append_new(made, $0)
                } orGiveBack: {
                    json_decref(made)
                }
            }
        case .map(let members):
            made = json_object()
            for member in members {
                var key = member.key
                try add(member.value) { value in
                    key.withUTF8 {
                        json_object_setn_new(made, UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self), $0.count, value)
                    }
                } orGiveBack: {
                    json_decref(made)
                }
            }
        }
        guard let made else { throw IPCError(.malformed, "\(value.kind) has no form in JSON that every reader understands") }
        return made
    }

    private static func add(
        _ value: MessageValue, _ insert: (UnsafeMutablePointer<json_t>) -> Int32, orGiveBack giveBack: () -> Void
    ) throws(IPCError) {
        do throws(IPCError) {
            guard insert(try tree(of: value)) == 0 else { throw IPCError(.noResources, "no memory for a message") }
        } catch {
            giveBack()
            throw error
        }
    }

    private static func string(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<json_t>? {
        text.isEmpty ? json_string("") : json_stringn(UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self), text.count)
    }
}
