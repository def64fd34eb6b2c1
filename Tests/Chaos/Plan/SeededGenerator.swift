/// Numbers that are a function of their seed alone, on every machine and with every version of the library: SplitMix64.
struct SeededGenerator: Sendable, Equatable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator of its own for part of something: what is drawn in one part changes nothing in another.
    init(seed: UInt64, part: Int) {
        var whole = SeededGenerator(seed: seed)
        state = whole.next() ^ (UInt64(truncatingIfNeeded: part) &* 0xD134_2543_DE82_EF95)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range, each as likely as the others.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        let count = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int(next().multipliedFullWidth(by: count).high)
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
