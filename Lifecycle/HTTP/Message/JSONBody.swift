internal import FoundationEssentials

/// JSON bodies, with errors that say what is wrong where.
enum JSONBody {
    /// - Throws: `undecodable`.
    static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws(HTTPError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw HTTPError(.undecodable, "the body is not the JSON expected here: \(describe(error))", underlying: error)
        } catch {
            throw HTTPError(.undecodable, "the body is not JSON", underlying: error)
        }
    }

    /// - Throws: what the value's own encoding throws.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// `{"error":{"code":…,"message":…}}`
    static func error(code: String, message: String) -> [UInt8] {
        Array(#"{"error":{"code":"#.utf8) + quoted(code) + Array(#","message":"#.utf8) + quoted(message) + Array("}}".utf8)
    }

    /// `{"error":{"code":…,"message":…,"param":null,"type":…}}`
    static func error(code: String, message: String, type: String) -> [UInt8] {
        Array(error(code: code, message: message).dropLast(2)) + Array(#","param":null,"type":"#.utf8) + quoted(type) + Array("}}".utf8)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [0x22]
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                bytes += [0x5C, byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        return bytes + [0x22]
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(place(context)) lacks \"\(key.stringValue)\""
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "\(place(context)) is not of type \(type)"
        case .dataCorrupted(let context):
            "\(place(context)): \(context.debugDescription)"
        @unknown default:
            "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "it" : String(path.drop { $0 == "." })
    }
}
