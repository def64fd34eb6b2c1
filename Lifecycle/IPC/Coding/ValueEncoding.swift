/// Makes the value of a message out of a Swift value: named fields become a map with text for keys, an absent optional no member at all.
package enum ValueEncoder {
    /// - Throws: `malformed` if the type does not describe itself.
    package static func encode(_ value: some Encodable) throws(IPCError) -> MessageValue {
        do {
            return try TreeEncoder.value(of: value, at: [])
        } catch {
            throw IPCError(.malformed, "the message cannot be written: \(error)", underlying: error)
        }
    }
}

/// One place in the tree of a message that is being made.
final class TreeEncoder: Encoder, SingleValueEncodingContainer {
    /// What has been put here.
    enum Content {
        case nothing
        case value(MessageValue)
        case fields(FieldBox)
        case elements(ElementBox)
    }

    let codingPath: [any CodingKey]
    private var content = Content.nothing
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(codingPath: [any CodingKey]) {
        self.codingPath = codingPath
    }

    static func value<Value: Encodable>(of encodable: Value, at path: [any CodingKey]) throws -> MessageValue {
        if let value = primitive(encodable) { return value }
        let encoder = TreeEncoder(codingPath: path)
        try encodable.encode(to: encoder)
        return encoder.value
    }

    /// What has been put here so far; a type that puts nothing is an empty map.
    var value: MessageValue {
        switch content {
        case .nothing: .map([])
        case .value(let value): value
        case .fields(let box): box.value
        case .elements(let box): box.value
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .fields(let box) = content { return KeyedEncodingContainer(FieldWriter<Key>(box: box, codingPath: codingPath)) }
        let box = FieldBox()
        content = .fields(box)
        return KeyedEncodingContainer(FieldWriter<Key>(box: box, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let box = ElementBox()
        content = .elements(box)
        return ElementWriter(box: box, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { content = .value(.null) }
    func encode<Value: Encodable>(_ value: Value) throws { content = .value(try Self.value(of: value, at: codingPath)) }
}

/// The values that are one value of a message; nil for those that describe themselves.
private func primitive<Value: Encodable>(_ value: Value) -> MessageValue? {
    // Types are compared first: a cast that fails costs more than all of these together, and most are of none of them.
    let type: Any.Type = Value.self
    if type == String.self { return (value as? String).map { .string($0) } }
    if type == Bool.self { return (value as? Bool).map { .bool($0) } }
    if type == Double.self { return (value as? Double).map { .double($0) } }
    if type == Float.self { return (value as? Float).map { .double(Double($0)) } }
    guard integers.contains(where: { $0 == type }) else { return nil }
    return (value as? any FixedWidthInteger).map { number in
        Int64(exactly: number).map { .integer($0) } ?? .unsigned(UInt64(clamping: number))
    }
}

private let integers: [Any.Type] = [
    Int64.self, Int.self, UInt64.self, UInt32.self, Int32.self, UInt.self, UInt16.self, Int16.self, UInt8.self, Int8.self,
]
