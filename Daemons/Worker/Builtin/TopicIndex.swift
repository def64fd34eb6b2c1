internal import Glibc

/// Finds the training texts that a question is about, by the rare words they have in common.
struct TopicIndex: Sendable {
    /// How much the best, the second and the third text count against one of the others.
    private static let emphasis = [400.0, 40.0, 20.0]
    /// How many words of a text are its opening, in which a word says more about it, the earlier the more.
    private static let openingLength = 6
    /// Words that ask or bind and are about nothing.
    private static let empty: Set<[UInt8]> = Set(
        """
        a about an and are at be but by can could did do does for from give has have how i if in into is it its may me my not of on
        or please say should so tell than that the their them then there they this to was we were what when where which why will with
        would
        """.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
    )

    /// The texts that hold a word, by its stem, in the order of the texts.
    private let mentions: [[UInt8]: [Mention]]
    private let textCount: Int

    private struct Mention {
        var text: Int
        /// How much more than elsewhere the word says about the text, for where it stands.
        var emphasis: Double
    }

    init(model: NGramModel) {
        var mentions: [[UInt8]: [Mention]] = [:]
        for (number, text) in model.texts.enumerated() {
            for (place, token) in text.enumerated() {
                guard let stem = Self.stem(of: model.tokenizer.bytes(of: token)), mentions[stem]?.last?.text != number else { continue }
                let emphasis = place < Self.openingLength ? 1 + 2 / Double(1 + place) : 1
                mentions[stem, default: []].append(Mention(text: number, emphasis: emphasis))
            }
        }
        self.mentions = mentions
        textCount = model.texts.count
    }

    /// How much each text should count in an answer to this question; all the same when it touches none of them.
    ///
    /// - Parameter fallback: the text to prefer when the question touches none.
    func weights(for question: [UInt8], fallback: Int? = nil) -> [Double] {
        var scores = [Double](repeating: 0, count: textCount)
        for stem in stems(of: question) {
            guard let texts = mentions[stem] else { continue }
            let rarity = log(Double(textCount) / Double(texts.count))
            for mention in texts { scores[mention.text] += mention.emphasis * rarity }
        }
        let best = scores.indices.filter { scores[$0] > 0 }.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
        var weights = [Double](repeating: 1, count: textCount)
        for (emphasis, text) in zip(Self.emphasis, best) { weights[text] = emphasis }
        if best.isEmpty, let fallback, weights.indices.contains(fallback) { weights[fallback] = Self.emphasis[0] }
        return weights
    }

    /// The words of a question, each once, in their order: adding up scores in another order could round them differently.
    private func stems(of question: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        var start = 0
        while start < question.count {
            let end = Tokenizer.wordEnd(in: question, from: start)
            if end - start <= 64, let stem = Self.stem(of: Array(question[start..<end])), seen.insert(stem).inserted {
                result.append(stem)
            }
            start = end
        }
        return result
    }

    /// A word without the space before it, in small letters, without a plural's s; nil for a mark or an empty word.
    private static func stem(of word: [UInt8]) -> [UInt8]? {
        var form = NGramModel.form(of: word)
        guard let last = form.last, Tokenizer.isLetter(last), !empty.contains(form) else { return nil }
        if form.count > 3, last == 0x73, form[form.count - 2] != 0x73 { form.removeLast() }
        return form
    }
}
