internal import Glibc

/// Vectors for texts by feature hashing: words and their letter triples, hashed into a fixed number of places.
///
/// Nothing is learned. Texts that share words or parts of words get vectors that are close; texts that only mean the same do not.
struct TextVectors: Sendable {
    static let defaultDimensions = 256
    static let mostDimensions = 4096

    /// A vector of length one, the same for the same text everywhere.
    func vector(of text: [UInt8], dimensions: Int) -> [Float] {
        var counts: [UInt64: Int] = [:]
        var start = 0
        while start < text.count {
            let end = Tokenizer.wordEnd(in: text, from: start)
            let form = NGramModel.form(of: Array(text[start..<end]))
            start = end
            counts[hash(form, kind: 1), default: 0] += 1
            let framed = [0x02] + form + [0x03]
            for index in 0..<max(framed.count - 2, 0) { counts[hash(framed[index..<index + 3], kind: 3), default: 0] += 1 }
        }
        var places = [Double](repeating: 0, count: dimensions)
        // In a fixed order, since adding in another could round differently.
        for (feature, count) in counts.sorted(by: { $0.key < $1.key }) {
            let weight = 1 + log(Double(count))
            places[Int((feature >> 1) % UInt64(dimensions))] += feature & 1 == 0 ? weight : -weight
        }
        let length = sqrt(places.reduce(0) { $0 + $1 * $1 })
        guard length > 0 else {
            // Nothing in the text, or everything cancelled out: a fixed direction is better than a vector without one.
            return [1] + [Float](repeating: 0, count: dimensions - 1)
        }
        return places.map { Float($0 / length) }
    }

    private func hash(_ bytes: some Sequence<UInt8>, kind: UInt8) -> UInt64 {
        var hash = StableHash()
        hash.combine([kind])
        hash.combine(bytes)
        // The low bits of FNV are weak; the place and the sign are taken from mixed ones.
        return (hash.value ^ (hash.value >> 32)) &* 0x9E37_79B9_7F4A_7C15 >> 1
    }
}
