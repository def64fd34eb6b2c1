import FoundationEssentials

/// Finds the number that made a decoder refuse a document.
///
/// On Linux, `JSONDecoder` answers a number that does not fit its field (65536 for a port, 1.5 for a count) as it answers broken
/// syntax: without the field, and calling the document invalid. So the document is read again with numbers replaced by 0, one half
/// of the remaining candidates at a time; the one whose replacement makes the answer change is at fault.
enum NumberDiagnosis {
    /// Documents above this many bytes are not examined, so that a bad request never costs much.
    static let sizeLimit = 16 * 1024

    /// Whether an error says no more than that the document is invalid.
    static func isNeeded(for context: DecodingError.Context) -> Bool {
        context.codingPath.isEmpty && context.debugDescription.contains("not valid JSON")
    }

    /// What was found.
    enum Finding {
        /// The document is no JSON.
        case malformed
        /// The document is JSON; this field holds a number that does not fit.
        case number(path: [any CodingKey], value: JSONValue)
        /// The document was too large to be examined.
        case unknown
    }

    /// Examines a document that `type`'s decoding refused as corrupted without naming a field.
    static func examine<Value: Decodable>(_ bytes: Data, as type: Value.Type) -> Finding {
        guard bytes.count <= sizeLimit else { return .unknown }
        guard let document = try? JSONDecoder().decode(JSONValue.self, from: bytes) else { return .malformed }
        var places: [Place] = []
        collect(document, at: [], into: &places)

        // The last of the numbers at fault: with it and all before it replaced, the answer changes.
        var kept = 0
        var needed = places.count
        while kept < needed {
            let middle = (kept + needed) / 2
            var left = middle
            if refusesNumber(zeroing(document, &left), as: type) {
                kept = middle + 1
            } else {
                needed = middle
            }
        }
        guard needed > 0 else { return .unknown }
        return .number(path: places[needed - 1].path, value: places[needed - 1].value)
    }

    private struct Place {
        let path: [any CodingKey]
        let value: JSONValue
    }

    private static func refusesNumber<Value: Decodable>(_ document: JSONValue, as type: Value.Type) -> Bool {
        do {
            _ = try JSONDecoder().decode(type, from: JSONEncoder().encode(document))
            return false
        } catch DecodingError.dataCorrupted(let context) {
            return isNeeded(for: context)
        } catch {
            return false
        }
    }

    /// Lists the numbers, members in the order of their keys; `zeroing` goes the same way.
    private static func collect(_ value: JSONValue, at path: [any CodingKey], into places: inout [Place]) {
        switch value {
        case .null, .bool, .string: break
        case .integer, .unsigned, .double: places.append(Place(path: path, value: value))
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                collect(element, at: path + [Key(index: index)], into: &places)
            }
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                collect(member, at: path + [Key(name: name)], into: &places)
            }
        }
    }

    /// The document with its first `left` numbers replaced by 0.
    private static func zeroing(_ value: JSONValue, _ left: inout Int) -> JSONValue {
        guard left > 0 else { return value }
        switch value {
        case .null, .bool, .string: return value
        case .integer, .unsigned, .double:
            left -= 1
            return 0
        case .array(let elements):
            return .array(elements.map { zeroing($0, &left) })
        case .object(let members):
            var result = members
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                result[name] = zeroing(member, &left)
            }
            return .object(result)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(name: String) {
            stringValue = name
            intValue = nil
        }

        init(index: Int) {
            stringValue = "\(index)"
            intValue = index
        }

        init?(stringValue: String) {
            self.init(name: stringValue)
        }

        init?(intValue: Int) {
            self.init(index: intValue)
        }
    }
}
