/// The elements of a list that is being made.
final class ElementBox {
    private var elements: [Slot] = []

    var count: Int { elements.count }
    var value: MessageValue { .array(elements.map(\.value)) }

    func append(_ slot: Slot) {
        elements.append(slot)
    }
}

/// Writes one element after the other.
struct ElementWriter: UnkeyedEncodingContainer {
    let box: ElementBox
    let codingPath: [any CodingKey]

    var count: Int { box.count }

    mutating func encodeNil() throws { box.append(.value(.null)) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        box.append(.value(try TreeEncoder.value(of: value, at: codingPath)))
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> TreeEncoder {
        let encoder = TreeEncoder(codingPath: codingPath)
        box.append(.growing(encoder))
        return encoder
    }
}
