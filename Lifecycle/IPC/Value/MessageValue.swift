/// One value of a message, whichever way it was written: MessagePack or JSON.
package enum MessageValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer above `Int64.max`; smaller ones are always `integer`.
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    /// Bytes that claim no meaning. Where text is wanted they are taken for UTF-8.
    case binary([UInt8])
    case array([MessageValue])
    /// The members in the order in which they were written. No key stands here twice.
    case map([Member])

    /// One member of a map.
    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: MessageValue

        package init(_ key: String, _ value: MessageValue) {
            self.key = key
            self.value = value
        }
    }

    /// What it is, in a few words: "text", "a map".
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .integer, .unsigned: "an integer"
        case .double: "a number"
        case .string: "text"
        case .binary: "bytes"
        case .array: "a list"
        case .map: "a map"
        }
    }
}

/// What a message may be like, whoever sent it.
package struct MessageLimits: Sendable {
    /// Lists and maps within each other. msgpack-c itself goes no deeper than 32.
    package var depth = 32
    /// Values in all, so that a small message does not become a large tree.
    package var values = 100_000

    package init() {}
}
