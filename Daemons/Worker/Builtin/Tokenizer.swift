/// Cuts text into the words and marks of a vocabulary, and anything else into bytes.
///
/// A word carries the space before it, so the text of the tokens joined is the text again, byte for byte. A word that is not
/// in the vocabulary becomes one token for each of its bytes: every text can be written.
struct Tokenizer: Sendable {
    typealias Token = Int32

    /// Stands between texts: the end of one and the beginning of the next.
    static let end: Token = 0
    private static let firstByte: Token = 1
    private static let firstWord: Token = 257

    private let words: [[UInt8]]
    private let tokens: [[UInt8]: Token]
    private let longestWord: Int

    /// Makes the vocabulary: every word and mark of the texts, in the order they first appear.
    init(vocabularyOf texts: [[UInt8]]) {
        var words: [[UInt8]] = []
        var tokens: [[UInt8]: Token] = [:]
        var longest = 0
        for text in texts {
            var start = 0
            while start < text.count {
                let end = Self.wordEnd(in: text, from: start)
                let word = Array(text[start..<end])
                if tokens[word] == nil {
                    tokens[word] = Self.firstWord + Token(words.count)
                    words.append(word)
                    longest = max(longest, word.count)
                }
                start = end
            }
        }
        self.words = words
        self.tokens = tokens
        longestWord = longest
    }

    /// How many tokens there are: the end, 256 bytes and the words.
    var vocabularySize: Int { Int(Self.firstWord) + words.count }

    /// The tokens of a text, or nil when there are more than `limit`.
    func encode(_ text: [UInt8], limit: Int = .max) -> [Token]? {
        var result: [Token] = []
        var start = 0
        while start < text.count {
            let end = Self.wordEnd(in: text, from: start)
            if end - start <= longestWord, let token = tokens[Array(text[start..<end])] {
                result.append(token)
            } else {
                guard end - start <= limit else { return nil }
                for byte in text[start..<end] { result.append(Self.firstByte + Token(byte)) }
            }
            guard result.count <= limit else { return nil }
            start = end
        }
        return result
    }

    /// The bytes of a token; none for the end.
    func bytes(of token: Token) -> [UInt8] {
        if token >= Self.firstWord { return words[Int(token - Self.firstWord)] }
        return token == Self.end ? [] : [UInt8(token - Self.firstByte)]
    }

    /// Whether the token is a word or mark of the vocabulary, rather than the end or a byte of an unknown word.
    func isWord(_ token: Token) -> Bool { token >= Self.firstWord }

    /// The text of tokens, joined.
    func decode(_ tokens: some Sequence<Token>) -> [UInt8] {
        tokens.flatMap { bytes(of: $0) }
    }

    /// Where the word or mark that starts here ends: an optional space with letters and digits, or with one mark; or one mark.
    static func wordEnd(in text: [UInt8], from start: Int) -> Int {
        var index = start
        if text[index] == 0x20, index + 1 < text.count, text[index + 1] > 0x20 { index += 1 }
        guard isLetter(text[index]) else { return index + 1 }
        while index < text.count {
            let apostrophe = text[index] == 0x27 && index + 1 < text.count && isLetter(text[index + 1])
            guard apostrophe || isLetter(text[index]) else { break }
            index += 1
        }
        return index
    }

    /// Letters and digits; every byte of a character beyond ASCII counts as a letter, so that none is ever cut.
    static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
        default: false
        }
    }
}
