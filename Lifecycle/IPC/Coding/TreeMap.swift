/// The named fields at one place in a message.
struct TreeMap<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [MessageValue.Member]
    let codingPath: [any CodingKey]

    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    private func find(_ key: Key) -> MessageValue? {
        let name = key.stringValue
        return members.first { $0.key == name }?.value
    }

    private func place(_ key: Key) throws -> TreeDecoder {
        guard let value = find(key) else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
        }
        return TreeDecoder(value: value, codingPath: codingPath + [key])
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    // What is as it should be needs no place to say what is wrong with it.
    func decodeNil(forKey key: Key) throws -> Bool {
        switch find(key) {
        case .null?: true
        case _?: false
        case nil: try place(key).decodeNil()
        }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        if case .bool(let flag)? = find(key) { return flag }
        return try place(key).decode(type)
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        if case .string(let text)? = find(key) { return text }
        return try place(key).decode(type)
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try place(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try place(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try place(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try place(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try place(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try place(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        if case .integer(let number)? = find(key) { return number }
        return try place(key).decode(type)
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try place(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try place(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try place(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try place(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try place(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try Value(from: try place(key)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try place(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try place(key).unkeyedContainer() }
    func superDecoder() throws -> any Decoder { TreeDecoder(value: .map(members), codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try place(key) }
}
