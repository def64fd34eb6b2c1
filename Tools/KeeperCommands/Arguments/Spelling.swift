internal import Configuration

/// Finds what was probably meant by a misspelt word.
package enum Spelling {
    /// The candidates closest to the word, best first; empty when none is close.
    package static func closest(to word: String, among candidates: [String]) -> [String] {
        guard word.utf8.count <= 64 else { return [] }
        let limit = word.count <= 3 ? 1 : word.count <= 6 ? 2 : 3
        let scored = candidates.map { (name: $0, distance: Suggestion.distance(word, $0)) }
            .filter { $0.distance <= limit || ($0.name.hasPrefix(word) && word.count >= 2) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best = scored.first else { return [] }
        return scored.filter { $0.distance <= best.distance + 1 }.prefix(3).map(\.name)
    }
}
