/// A random number of 128 bits that names one run of one daemon.
package struct Nonce: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package let text: String

    /// Draws one from the kernel's generator.
    package init() {
        text = Hexadecimal.random(bytes: 16)
    }

    /// Accepts exactly 32 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32, Hexadecimal.isLowercase(text.utf8) else { return nil }
        self.text = String(text)
    }

    package var description: String { text }
}

/// Bytes as text.
enum Hexadecimal {
    /// Random bytes as lower-case digits, two a byte.
    static func random(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return text(of: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    static func text(of bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func isLowercase(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
