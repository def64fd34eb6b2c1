internal import Glibc

/// Draws tokens from distributions, one after the other.
struct Sampler {
    /// Below this a temperature would overflow; it is as good as none.
    private static let coldest = 0.01

    private let temperature: Double
    private let topP: Double
    private let presencePenalty: Double
    private let frequencyPenalty: Double
    private var random: SeededGenerator
    /// How often each token was drawn; kept only if it matters.
    private var drawn: [Int: Int] = [:]

    init(_ sampling: GenerationRequest.Sampling) {
        temperature = sampling.temperature
        topP = sampling.topP
        presencePenalty = sampling.presencePenalty
        frequencyPenalty = sampling.frequencyPenalty
        random = SeededGenerator(seed: sampling.seed ?? UInt64.random(in: .min ... .max))
    }

    /// The index drawn. The likeliest one, the first of equals, when the temperature is 0; nil when nothing has a probability.
    ///
    /// - Parameter probabilities: need not sum to one.
    mutating func draw(from probabilities: [Double]) -> Int? {
        guard presencePenalty != 0 || frequencyPenalty != 0 else { return choose(from: probabilities) }
        var probabilities = probabilities
        for (index, count) in drawn where probabilities.indices.contains(index) {
            probabilities[index] *= exp(-presencePenalty - frequencyPenalty * Double(count))
        }
        let index = choose(from: probabilities)
        if let index { drawn[index, default: 0] += 1 }
        return index
    }

    private mutating func choose(from probabilities: [Double]) -> Int? {
        var peak = 0.0
        var likeliest: Int?
        for (index, probability) in probabilities.enumerated() where probability > peak {
            peak = probability
            likeliest = index
        }
        guard likeliest != nil, temperature >= Self.coldest else { return likeliest }

        // Weights are relative to the peak, so that a power of a small number does not vanish.
        var candidates: [(index: Int, weight: Double)] = []
        for (index, probability) in probabilities.enumerated() where probability > 0 {
            let weight = temperature == 1 ? probability / peak : pow(probability / peak, 1 / temperature)
            if weight > 0 { candidates.append((index, weight)) }
        }
        var total = candidates.reduce(0) { $0 + $1.weight }
        if topP < 1 {
            candidates.sort { $0.weight == $1.weight ? $0.index < $1.index : $0.weight > $1.weight }
            let wanted = total * max(topP, 0)
            var kept = 0
            var sum = 0.0
            repeat {
                sum += candidates[kept].weight
                kept += 1
            } while sum < wanted && kept < candidates.count
            candidates.removeLast(candidates.count - kept)
            total = sum
        }
        var point = random.unit() * total
        for candidate in candidates {
            point -= candidate.weight
            if point < 0 { return candidate.index }
        }
        return candidates.last?.index
    }
}
