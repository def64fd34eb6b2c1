/// Writes JSON strings, without an encoder: a line of the log or of a stream is written often.
enum JSONText {
    /// Appends a quoted string; longer ones are cut at a character and end in `…`.
    static func append(_ text: String, to line: inout [UInt8], longest: Int = .max) {
        line.append(UInt8(ascii: "\""))
        if text.utf8.count <= longest {
            appendEscaped(text.utf8, to: &line)
        } else {
            var end = text.utf8.index(text.utf8.startIndex, offsetBy: longest)
            while end > text.utf8.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
            appendEscaped(text.utf8[..<end], to: &line)
            line.append(contentsOf: "…".utf8)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ bytes: some Sequence<UInt8>, to line: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case UInt8(ascii: "\n"):
                line.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"):
                line.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"):
                line.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                line.append(contentsOf: "\\u00".utf8)
                line.append(digits[Int(byte >> 4)])
                line.append(digits[Int(byte & 15)])
            default:
                line.append(byte)
            }
        }
    }
}
