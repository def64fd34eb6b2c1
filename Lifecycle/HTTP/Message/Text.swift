/// Comparisons and checks of protocol text, which is bytes and not Unicode.
extension StringProtocol where Self: BidirectionalCollection {
    /// Whether both are the same, ASCII letters of either case being equal.
    func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        let mine = utf8
        let theirs = other.utf8
        guard mine.count == theirs.count else { return false }
        var rest = theirs.makeIterator()
        for byte in mine {
            guard let other = rest.next(), byte == other || byte ^ other == 0x20 && byte.isLetter else { return false }
        }
        return true
    }

    /// Without spaces and tabs at both ends.
    func trimmingSpaces() -> SubSequence {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let rest = drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return rest[rest.startIndex..<rest.startIndex] }
        return rest[...last]
    }

    /// A token of RFC 9110 §5.6.2: what method and field names are.
    var isToken: Bool { !isEmpty && utf8.allSatisfy(\.isTokenByte) }

    /// Free of what may not stand in a field's value: control characters other than the tab.
    var isFieldValue: Bool { utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 } }
}

extension UInt8 {
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isSpaceOrTab: Bool { self == 0x20 || self == 0x09 }

    var isTokenByte: Bool {
        if isLetter || isDigit { return true }
        switch self {
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: return true
        default: return false
        }
    }

    /// The value of a hexadecimal digit.
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}

extension String {
    /// Bytes from the wire: UTF-8 if they are, otherwise each byte the Latin-1 character that it is.
    init(wire bytes: some Collection<UInt8>) {
        self = String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
