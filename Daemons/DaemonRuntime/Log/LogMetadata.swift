/// What a line of the log carries beside its sentence: keys and values in order. Values are cut where they get long.
package struct LogMetadata: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package enum Value: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
        ExpressibleByBooleanLiteral
    {
        case text(String)
        case number(Int)
        case flag(Bool)

        package init(stringLiteral value: String) { self = .text(value) }
        package init(integerLiteral value: Int) { self = .number(value) }
        package init(booleanLiteral value: Bool) { self = .flag(value) }
    }

    /// Longest value written, in bytes.
    package static let longestValue = 4096

    package private(set) var pairs: [(key: String, value: Value)] = []

    package init(dictionaryLiteral elements: (String, Value)...) {
        pairs = elements.map { (key: $0.0, value: $0.1) }
    }

    package subscript(key: String) -> Value? {
        get { pairs.first { $0.key == key }?.value }
        set {
            pairs.removeAll { $0.key == key }
            if let newValue { pairs.append((key: key, value: newValue)) }
        }
    }

    package static func == (left: LogMetadata, right: LogMetadata) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for pair in pairs {
            hasher.combine(pair.key)
            hasher.combine(pair.value)
        }
    }

    /// Whether values under this key are kept out of the log whatever they are.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["token", "authorization", "password", "secret", "api_key", "apikey", "cookie"].contains { key.hasSuffix($0) }
    }
}

extension LogMetadata.Value {
    /// A value as text, whatever it is.
    package static func describing(_ value: some Any) -> Self {
        .text(String(describing: value))
    }
}
