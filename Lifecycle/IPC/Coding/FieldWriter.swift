/// What has been put at one place of a message that is being made.
enum Slot {
    case value(MessageValue)
    /// What is put there by and by.
    case growing(TreeEncoder)

    var value: MessageValue {
        switch self {
        case .value(let value): value
        case .growing(let encoder): encoder.value
        }
    }
}

/// The members of a map that is being made.
final class FieldBox {
    private var members: [(key: String, value: Slot)] = []

    var value: MessageValue { .map(members.map { MessageValue.Member($0.key, $0.value.value) }) }

    /// Puts a value under a key; what stood there is replaced.
    func put(_ key: String, _ value: Slot) {
        if let index = members.firstIndex(where: { $0.key == key }) {
            members[index].value = value
        } else {
            members.append((key, value))
        }
    }
}

/// Writes named fields.
struct FieldWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let box: FieldBox
    let codingPath: [any CodingKey]

    mutating func encodeNil(forKey key: Key) throws { box.put(key.stringValue, .value(.null)) }

    // The usual types, each put at once: by way of the generic function each field costs a look at the runtime's tables, and a path.
    mutating func encode(_ value: Bool, forKey key: Key) throws { box.put(key.stringValue, .value(.bool(value))) }
    mutating func encode(_ value: String, forKey key: Key) throws { box.put(key.stringValue, .value(.string(value))) }
    mutating func encode(_ value: Double, forKey key: Key) throws { box.put(key.stringValue, .value(.double(value))) }
    mutating func encode(_ value: Int, forKey key: Key) throws { box.put(key.stringValue, .value(.integer(Int64(value)))) }
    mutating func encode(_ value: Int64, forKey key: Key) throws { box.put(key.stringValue, .value(.integer(value))) }

    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        box.put(key.stringValue, .value(try TreeEncoder.value(of: value, at: codingPath + [key])))
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        encoder(key).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { encoder("super") }
    mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

    private func encoder(_ key: Key) -> TreeEncoder { encoder(key.stringValue) }

    private func encoder(_ name: String) -> TreeEncoder {
        let encoder = TreeEncoder(codingPath: codingPath)
        box.put(name, .growing(encoder))
        return encoder
    }
}
