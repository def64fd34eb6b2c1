import FoundationEssentials

/// The one way contract values become JSON bytes and come back.
///
/// Keys are sorted and slashes are not escaped, so that equal values have equal bytes.
public enum ContractJSON {
    /// Writes a value as compact JSON with sorted keys.
    ///
    /// - Throws: `notEncodable` when the value holds a number that JSON cannot carry.
    public static func encode(_ value: some Encodable) throws(ContractError) -> [UInt8] {
        do {
            return [UInt8](try encoder(pretty: false).encode(value))
        } catch {
            throw ContractError(.notEncodable, "cannot be written as JSON: \(reason(of: error))", underlying: error)
        }
    }

    /// Writes a value as compact JSON text with sorted keys.
    ///
    /// - Throws: `notEncodable` when the value holds a number that JSON cannot carry.
    public static func encodeText(_ value: some Encodable) throws(ContractError) -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// Writes a value as indented JSON with sorted keys and a final newline, for files that people open.
    ///
    /// - Throws: `notEncodable` when the value holds a number that JSON cannot carry.
    public static func encodePretty(_ value: some Encodable) throws(ContractError) -> [UInt8] {
        do {
            return [UInt8](try encoder(pretty: true).encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw ContractError(.notEncodable, "cannot be written as JSON: \(reason(of: error))", underlying: error)
        }
    }

    /// Reads a value from JSON bytes. Unknown keys are ignored; a null optional is an absent one.
    ///
    /// - Throws: `malformedJSON`, `missingField` or `invalidValue`, with the path of the field at fault.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws(ContractError) -> Value {
        let data = Data(bytes)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw explain(error, data, type)
        }
    }

    /// Reads a value from JSON text.
    ///
    /// - Throws: `malformedJSON`, `missingField` or `invalidValue`, with the path of the field at fault.
    public static func decode<Value: Decodable>(_ type: Value.Type, text: String) throws(ContractError) -> Value {
        try decode(type, from: text.utf8)
    }

    private static func encoder(pretty: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Turns the decoder's error into one that names the field and says what was expected there.
    private static func explain<Value: Decodable>(_ error: any Error, _ data: Data, _ type: Value.Type) -> ContractError {
        if let error = error as? ContractError { return error }
        guard let decoding = error as? DecodingError else {
            return ContractError(.malformedJSON, "cannot be read as JSON: \(error)", underlying: error)
        }
        switch decoding {
        case .keyNotFound(let key, let context):
            return ContractError(.missingField, "is required", path: path(context.codingPath + [key]), underlying: error)
        case .valueNotFound(_, let context):
            return ContractError(.missingField, "is required and must not be null", path: path(context.codingPath), underlying: error)
        case .typeMismatch(let type, let context):
            return ContractError(
                .invalidValue, "expected \(expectation(type)); \(context.debugDescription)", path: path(context.codingPath),
                underlying: error)
        case .dataCorrupted(let context):
            if let cause = context.underlyingError as? ContractError {
                return ContractError(cause.code, cause.message, path: path(context.codingPath), underlying: error)
            }
            guard NumberDiagnosis.isNeeded(for: context) else {
                return ContractError(.invalidValue, context.debugDescription, path: path(context.codingPath), underlying: error)
            }
            switch NumberDiagnosis.examine(data, as: type) {
            case .malformed:
                return ContractError(.malformedJSON, "is no valid JSON", underlying: error)
            case .number(let keys, let value):
                let found = (try? encodeText(value)).map { "\($0) " } ?? ""
                return ContractError(.invalidValue, "\(found)is not a number that fits here", path: path(keys), underlying: error)
            case .unknown:
                return ContractError(.malformedJSON, "is no valid JSON, or holds a number that does not fit", underlying: error)
            }
        @unknown default:
            return ContractError(.malformedJSON, "cannot be read as JSON: \(error)", underlying: error)
        }
    }

    private static func reason(of error: any Error) -> String {
        guard case EncodingError.invalidValue(_, let context) = error else { return "\(error)" }
        return context.debugDescription
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text
    }

    private static func expectation(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "an array"
        default: "a value of another type"
        }
    }
}
