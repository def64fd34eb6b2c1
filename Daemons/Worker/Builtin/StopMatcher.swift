/// Finds stop strings in text that arrives in pieces.
///
/// What may be the beginning of a stop string is held back until more text decides it, so no part of one is ever given out,
/// however the text is cut. With several stop strings the one that ends first wins, and of those the one that begins first.
struct StopMatcher {
    private let stops: [[UInt8]]
    private let longest: Int
    private var held: [UInt8] = []
    private(set) var isStopped = false

    /// - Parameter stops: empty strings are ignored.
    init(stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
        longest = self.stops.map(\.count).max() ?? 0
    }

    /// Takes a piece and gives the text that is now certain; empty when all of it is held back.
    mutating func push(_ piece: String) -> String {
        guard !isStopped else { return "" }
        guard longest > 0 else { return piece }
        let before = held.count
        held.append(contentsOf: piece.utf8)
        if let match = firstMatch(endingAfter: before) {
            isStopped = true
            let text = String(decoding: held[..<match], as: UTF8.self)
            held = []
            return text
        }
        let certain = held.count - undecidedCount()
        let text = String(decoding: held[..<certain], as: UTF8.self)
        held.removeFirst(certain)
        return text
    }

    /// The text held back, when nothing more comes.
    mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// Where the stop string begins that ends first, beyond the bytes already searched.
    private func firstMatch(endingAfter searched: Int) -> Int? {
        guard held.count > searched else { return nil }
        for end in (searched + 1)...held.count {
            // The longest that ends here begins first.
            let begins = stops.filter { held[..<end].hasSuffix($0) }.map { end - $0.count }
            if let begin = begins.min() { return begin }
        }
        return nil
    }

    /// How many bytes at the end could be the beginning of a stop string.
    ///
    /// UTF-8 never cuts a character here: the text ends with a whole one, and a stop string begins with a whole one.
    private func undecidedCount() -> Int {
        for count in stride(from: min(longest - 1, held.count), to: 0, by: -1) {
            let tail = held.suffix(count)
            if stops.contains(where: { $0.count > count && $0.starts(with: tail) }) { return count }
        }
        return 0
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ other: [UInt8]) -> Bool {
        count >= other.count && suffix(other.count).elementsEqual(other)
    }
}
