/// Interpolated n-gram model, read straight off an index of its training text.
///
/// There are no tables of counts: the text is kept with, for every word, the places that follow it. The places that follow the
/// last words of a context are filtered out of those of its last word, and what stands there is the count. Training is therefore
/// no more than cutting the text into tokens, and every occurrence can be weighted by the text it stands in.
struct NGramModel: Sendable {
    typealias Token = Tokenizer.Token

    /// Most words of context looked at.
    static let contextLength = 4
    /// How much of a context's probability goes to what a shorter context allows, when every word was seen once after it.
    private static let openness = 0.2

    let tokenizer: Tokenizer
    /// Every text followed by the end token, with one end token before the first.
    private let tokens: [Token]
    /// The text each place belongs to.
    private let textAt: [Int32]
    /// Words that count as the same in a context: without the space before them, in small letters.
    private let classes: [Int32]
    /// Places that follow a word of a class: those of class c are `places[starts[c]..<starts[c + 1]]`.
    private let places: [Int32]
    private let starts: [Int32]

    /// The training texts as tokens, for whoever indexes them otherwise.
    let texts: [[Token]]

    /// Reads the texts.
    init(texts prose: [String]) {
        let bytes = prose.map { Array($0.utf8) }
        let tokenizer = Tokenizer(vocabularyOf: bytes)
        // Without a limit every text can be written in tokens.
        let texts = bytes.map { tokenizer.encode($0) ?? [] }

        var tokens: [Token] = [Tokenizer.end]
        var textAt: [Int32] = [0]
        for (number, text) in texts.enumerated() {
            tokens += text
            tokens.append(Tokenizer.end)
            textAt += Array(repeating: Int32(number), count: text.count + 1)
        }

        var classOfForm: [[UInt8]: Int32] = [:]
        let classes = (0..<tokenizer.vocabularySize).map { token -> Int32 in
            // A byte of an unknown word is no word: it keeps a class of its own, as does the end.
            guard tokenizer.isWord(Token(token)) else { return Int32(token) }
            let form = NGramModel.form(of: tokenizer.bytes(of: Token(token)))
            if let known = classOfForm[form] { return known }
            classOfForm[form] = Int32(token)
            return Int32(token)
        }

        var starts = [Int32](repeating: 0, count: tokenizer.vocabularySize + 1)
        for token in tokens.dropLast() { starts[Int(classes[Int(token)]) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        var next = starts
        var places = [Int32](repeating: 0, count: max(tokens.count - 1, 0))
        for place in 1..<tokens.count {
            let kind = Int(classes[Int(tokens[place - 1])])
            places[Int(next[kind])] = Int32(place)
            next[kind] += 1
        }

        self.tokenizer = tokenizer
        self.tokens = tokens
        self.textAt = textAt
        self.classes = classes
        self.places = places
        self.starts = starts
        self.texts = texts
    }

    /// How often each token occurs, by the weights of the texts: what is expected without any context. Sums to one.
    func unigram(weights: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: tokenizer.vocabularySize)
        var total = 0.0
        for place in tokens.indices.dropFirst() {
            let weight = weights[Int(textAt[place])]
            result[Int(tokens[place])] += weight
            total += weight
        }
        guard total > 0 else { return result }
        for index in result.indices { result[index] /= total }
        return result
    }

    /// The probability of each token to come next.
    ///
    /// - Parameters:
    ///   - context: the tokens so far; only the last few count.
    ///   - weights: how much an occurrence in each text counts.
    ///   - unigram: from `unigram(weights:)` with the same weights.
    func distribution(after context: [Token], weights: [Double], unigram: [Double]) -> [Double] {
        var result = unigram
        guard let last = context.last else { return result }
        let kind = Int(classes[Int(last)])
        var matching = Array(places[Int(starts[kind])..<Int(starts[kind + 1])])
        for length in 1...Self.contextLength {
            if length > 1 {
                guard length <= context.count else { break }
                let wanted = classes[Int(context[context.count - length])]
                matching.removeAll { place in
                    let behind = Int(place) - length
                    return behind < 0 || classes[Int(tokens[behind])] != wanted
                }
            }
            guard !matching.isEmpty else { break }
            mix(countsAt: matching, weights: weights, into: &result)
        }
        return result
    }

    /// Interpolates what stands at these places with what a shorter context said.
    ///
    /// The shorter context gets the more, the more different words were seen among how few.
    private func mix(countsAt places: [Int32], weights: [Double], into result: inout [Double]) {
        var counts: [Token: Double] = [:]
        var total = 0.0
        for place in places {
            let weight = weights[Int(textAt[Int(place)])]
            counts[tokens[Int(place)], default: 0] += weight
            total += weight
        }
        let open = Self.openness * Double(counts.count) / Double(places.count)
        for index in result.indices { result[index] *= open }
        for (token, count) in counts { result[Int(token)] += (1 - open) * count / total }
    }

    /// The form of a word that contexts compare: no space before it, small letters.
    static func form(of word: [UInt8]) -> [UInt8] {
        var form = word
        if form.count > 1, form[0] == 0x20 { form.removeFirst() }
        return form.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    }
}
