/// What somebody may have meant who wrote a word that is not known.
package enum Suggestion {
    /// "is not known; did you mean queen.port?", or without a suggestion if nothing is near.
    package static func unknown(_ word: String, among known: [String]) -> String {
        guard let near = nearest(to: word, among: known) else { return "is not known" }
        return "is not known; did you mean \(near)?"
    }

    /// The known word nearest to a word, or nil if none is near: at most one change in three letters.
    package static func nearest(to word: String, among known: [String]) -> String? {
        guard word.utf8.count <= 128 else { return nil }
        let ranked = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, best.word.utf8.count / 3) else {
            return nil
        }
        return best.word
    }

    /// How many bytes must be put in, taken out, replaced or swapped with their neighbour.
    package static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(current[column] + 1, previous[column + 1] + 1, previous[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other { best = min(best, before[column - 1] + 1) }
                current.append(best)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
