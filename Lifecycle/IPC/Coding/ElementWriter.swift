/// The elements of a list that is being made.
final class ElementBox {
    private var elements: [() -> MessageValue] = []

    var count: Int { elements.count }
    var value: MessageValue { .array(elements.map { $0() }) }

    func append(_ value: @escaping () -> MessageValue) {
        elements.append(value)
    }
}

/// Writes one element after the other.
struct ElementWriter: UnkeyedEncodingContainer {
    let box: ElementBox
    let codingPath: [any CodingKey]

    var count: Int { box.count }

    mutating func encodeNil() throws { box.append { .null } }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        let value = try TreeEncoder.value(of: value, at: codingPath)
        box.append { value }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> TreeEncoder {
        let encoder = TreeEncoder(codingPath: codingPath)
        box.append { encoder.value }
        return encoder
    }
}
