/// Reads and replaces the `model` of a JSON object without touching any other byte of it.
///
/// Decoding and encoding again would lose what the types do not know, and numbers as they were written.
enum JSONModelName {
    /// The model named at the top of an object; nil when there is none or it is no plain string.
    static func read(_ json: [UInt8]) -> String? {
        guard let range = values(in: json).last else { return nil }
        let inside = json[range].dropFirst().dropLast()
        // A name with an escape is none of ours; it is compared as it was written.
        return String(decoding: inside, as: UTF8.self)
    }

    /// The object with its model replaced; unchanged when it names none.
    static func replace(in json: [UInt8], with name: String) -> [UInt8] {
        let quoted = quote(name)
        var result: [UInt8] = []
        var copied = 0
        for range in values(in: json) {
            result += json[copied..<range.lowerBound]
            result += quoted
            copied = range.upperBound
        }
        return copied == 0 ? json : result + json[copied...]
    }

    /// A string as JSON writes it.
    static func quote(_ text: String) -> [UInt8] {
        var result: [UInt8] = [0x22]
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: result += [0x5C, byte]
            case 0..<0x20: result += Array("\\u00".utf8) + [hex(byte >> 4), hex(byte & 15)]
            default: result.append(byte)
            }
        }
        return result + [0x22]
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

    /// Where the string values of `model` at the top of the object stand, quotes included.
    private static func values(in json: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        var depth = 0
        /// Whether the last string at depth one was `"model"`, followed so far by nothing or a colon.
        var expectsValue = false
        var afterKey = false
        while index < json.count {
            let byte = json[index]
            switch byte {
            case 0x22:
                let end = stringEnd(in: json, from: index)
                if depth == 1, expectsValue {
                    if end <= json.count { ranges.append(index..<end) }
                    expectsValue = false
                } else {
                    afterKey = depth == 1 && json[index..<min(end, json.count)].elementsEqual("\"model\"".utf8)
                }
                index = end
                continue
            case 0x3A:
                expectsValue = depth == 1 && afterKey
                afterKey = false
            case 0x7B, 0x5B:
                // An array at the top is no object: nothing in it is ours.
                if depth == 0, byte == 0x5B { return [] }
                depth += 1
                expectsValue = false
            case 0x7D, 0x5D:
                depth -= 1
                expectsValue = false
            case 0x2C:
                expectsValue = false
                afterKey = false
            default:
                break
            }
            index += 1
        }
        return ranges
    }

    /// Where a string that begins with the quote here ends; beyond the end of the text when it is not closed.
    private static func stringEnd(in json: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < json.count {
            switch json[index] {
            case 0x22: return index + 1
            case 0x5C: index += 2
            default: index += 1
            }
        }
        return json.count + 1
    }
}
