/// Reads a value of a Swift type out of a message.
///
/// A type with named fields is read from a map, or from a list whose elements stand in the order in which its coding keys are declared; for
/// the list the keys must be `CaseIterable`. In a map, fields without a meaning are ignored; a list with more elements than there are keys
/// is refused. `null` is an absent optional. Numbers are taken in any width that holds them exactly, bytes where text is wanted if
/// they are UTF-8.
package enum ValueDecoder {
    /// - Throws: `mismatch`, saying where in the message.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from value: MessageValue) throws(IPCError) -> Value {
        do {
            return try Value(from: TreeDecoder(value: value, codingPath: []))
        } catch let error as DecodingError {
            throw IPCError(.mismatch, error.explained, underlying: error)
        } catch {
            throw IPCError(.mismatch, String(describing: error), underlying: error)
        }
    }
}

/// One place in the tree of a message.
struct TreeDecoder: Decoder, SingleValueDecodingContainer {
    let value: MessageValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        switch value {
        case .map(let members):
            return KeyedDecodingContainer(TreeMap<Key>(members: members, codingPath: codingPath))
        case .array(let values):
            guard let order = fieldOrder(of: type) else { throw mismatch("a map is needed, not a list") }
            guard values.count <= order.count else {
                throw mismatch("a list of at most \(order.count) elements is needed, not of \(values.count)")
            }
            let members = zip(order, values).map { MessageValue.Member($0, $1) }
            return KeyedDecodingContainer(TreeMap<Key>(members: members, codingPath: codingPath))
        default:
            throw mismatch("a map is needed, not \(value.kind)")
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = value else { throw mismatch("a list is needed, not \(value.kind)") }
        return TreeList(values: values, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: One value

    func decodeNil() -> Bool { value == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("true or false is needed, not \(value.kind)") }
        return flag
    }

    func decode(_ type: String.Type) throws -> String {
        switch value {
        case .string(let text): return text
        case .binary(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw mismatch("text is needed; these bytes are no UTF-8") }
            return text
        default: throw mismatch("text is needed, not \(value.kind)")
        }
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch value {
        case .double(let number): return number
        case .integer(let number): return Double(number)
        case .unsigned(let number): return Double(number)
        default: throw mismatch("a number is needed, not \(value.kind)")
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Number: FixedWidthInteger>() throws -> Number {
        let exact: Number?
        switch value {
        case .integer(let number): exact = Number(exactly: number)
        case .unsigned(let number): exact = Number(exactly: number)
        case .double(let number): exact = Number(exactly: number)
        default: throw mismatch("an integer is needed, not \(value.kind)")
        }
        guard let exact else { throw mismatch("an integer from \(Number.min) to \(Number.max) is needed") }
        return exact
    }

    func mismatch(_ what: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: what))
    }
}

/// The names of the fields in the order of their declaration; nil where that is not known.
private func fieldOrder<Key: CodingKey>(of type: Key.Type) -> [String]? {
    func names<Keys: CaseIterable>(_: Keys.Type) -> [String] { Keys.allCases.compactMap { ($0 as? any CodingKey)?.stringValue } }
    return (type as? any CaseIterable.Type).map { names($0) }
}

extension DecodingError {
    /// What is wrong and where, for whoever sent the message.
    var explained: String {
        let (path, text): ([any CodingKey], String) =
            switch self {
            case .keyNotFound(let key, let context): (context.codingPath, "the field \(key.stringValue.debugDescription) is missing")
            case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
                (context.codingPath, context.debugDescription)
            @unknown default: ([], "it cannot be read")
            }
        guard !path.isEmpty else { return text }
        return "\(path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")): \(text)"
    }
}
