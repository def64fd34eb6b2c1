import Testing

@testable import Worker

@Suite struct TokenizerTests {
    let tokenizer = Tokenizer(vocabularyOf: ["A bee's hive, two naïve bees. It takes 12 µs!", "\nA bee"].map { Array($0.utf8) })

    @Test(arguments: [
        "", "A bee's hive", " ", "   ", "\n\n", "a  b", "'quoted'", "zebra", "A zebra's bee", "日本語 naïve 🐝👩‍🚀 µs", "tab\tand\r\nline",
        "bees'",
        "\u{0}\u{7F}",
    ])
    func everyTextIsTheSameAfterwards(_ text: String) throws {
        let tokens = try #require(tokenizer.encode(Array(text.utf8)))
        #expect(String(decoding: tokenizer.decode(tokens), as: UTF8.self) == text)
    }

    @Test func everyByteCanBeWritten() throws {
        let bytes = (0...255).map { UInt8($0) }
        let tokens = try #require(tokenizer.encode(bytes))
        #expect(tokenizer.decode(tokens) == bytes)
    }

    @Test func aKnownWordIsOneTokenAndAnUnknownOneIsItsBytes() {
        #expect(tokenizer.encode(Array("A bee's hive,".utf8))?.count == 4)
        #expect(tokenizer.encode(Array("A zebra".utf8))?.count == 1 + " zebra".utf8.count)
        #expect(tokenizer.encode(Array("日".utf8))?.count == 3)
    }

    @Test func aLimitIsKeptWithoutWritingMore() {
        let text = Array("A zebra".utf8)
        #expect(tokenizer.encode(text, limit: 7)?.count == 7)
        #expect(tokenizer.encode(text, limit: 6) == nil)
        #expect(tokenizer.encode(Array(repeating: 0x7A, count: 1 << 20), limit: 100) == nil)
        #expect(tokenizer.encode([], limit: 0) == [])
    }

    @Test func noWordOfTheVocabularyCutsACharacter() {
        for token in 257..<Int32(tokenizer.vocabularySize) {
            #expect(String(validating: tokenizer.bytes(of: token), as: UTF8.self) != nil)
        }
    }
}
