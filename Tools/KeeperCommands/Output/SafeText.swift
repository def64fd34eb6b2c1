/// Text that came from a daemon, a file or another process, made harmless for a terminal.
///
/// Control characters (so escape sequences), C1 controls and the marks that reorder text are shown as `\x1b` or `\u202e` instead of
/// being obeyed by the terminal. Works on any piece of a text, since each character is judged alone.
package enum SafeText {
    /// One line: line breaks are shown too.
    package static func line(_ text: String) -> String {
        clean(text) { _ in false }
    }

    /// Several lines: line breaks and tabs stay.
    package static func lines(_ text: String) -> String {
        clean(text) { $0 == "\n" || $0 == "\t" }
    }

    private static func clean(_ text: String, keeping keep: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: { isHarmful($0) && !keep($0) }) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !isHarmful(scalar) || keep(scalar) {
                clean.append(scalar)
            } else {
                clean.append(contentsOf: visible(scalar).unicodeScalars)
            }
        }
        return String(clean)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: true
        case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0x061C: true
        default: false
        }
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: return scalar.value < 0x100 ? "\\x" + (hex.count < 2 ? "0" : "") + hex : "\\u" + hex
        }
    }
}
