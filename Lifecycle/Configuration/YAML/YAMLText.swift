/// Writes scalars so that YAML reads them back as the same text.
package enum YAMLText {
    /// The scalar as it can stand after `key: ` or in a list: plain where that is safe, otherwise in double quotes.
    package static func scalar(_ text: String) -> String {
        isPlain(text) ? text : quoted(text)
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first) || first == UInt8(ascii: "/") || first == UInt8(ascii: "."),
            let last = text.utf8.last, last != UInt8(ascii: ":")
        else { return false }
        // Words that mean nothing, or a truth value, to some reader.
        guard
            !["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased()) || text == "true"
                || text == "false"
        else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || plainPunctuation.contains($0) }
    }

    private static let plainPunctuation = Set("/._:@%+-".utf8)

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
