internal import SplitMix

/// What is drawn for a plan.
struct SeededGenerator: Sendable, Equatable {
    private var numbers: SplitMix64

    init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    /// A generator of its own for part of something: what is drawn in one part changes nothing in another.
    init(seed: UInt64, part: Int) {
        var whole = SplitMix64(seed: seed)
        self.init(seed: whole.next() ^ (UInt64(truncatingIfNeeded: part) &* 0xD134_2543_DE82_EF95))
    }

    mutating func next() -> UInt64 { numbers.next() }

    /// A number of the range, each as likely as the others.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + numbers.below(range.upperBound - range.lowerBound + 1)
    }

    /// Whether something happens that does so in this many of a hundred cases.
    mutating func happens(_ percent: Int) -> Bool {
        number(in: 0...99) < percent
    }

    mutating func one<Value>(of values: [Value]) -> Value {
        values[number(in: 0...(values.count - 1))]
    }

    /// One of several, the likelier the greater its weight.
    mutating func weighted<Value>(_ choices: [(weight: Int, value: Value)]) -> Value {
        var left = number(in: 0...(choices.reduce(0) { $0 + $1.weight } - 1))
        for (weight, value) in choices {
            if left < weight { return value }
            left -= weight
        }
        return choices[choices.count - 1].value
    }
}
