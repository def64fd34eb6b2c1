internal import Glibc
internal import SplitMix

/// A generator whose numbers follow from its seed alone (SplitMix64), so that what a test did can be done again.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    /// What it began with; a test names it when it fails.
    package let seed: UInt64
    private var numbers: SplitMix64

    /// - Parameter seed: what `RBEE_SEED` says counts instead, if it is a number.
    package init(_ seed: UInt64) {
        self.seed = getenv("RBEE_SEED").flatMap { UInt64(String(cString: $0)) } ?? seed
        numbers = SplitMix64(seed: self.seed)
    }

    package mutating func next() -> UInt64 { numbers.next() }

    /// One of several.
    package mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int(next() % UInt64(choices.count))]
    }

    /// Whether something that happens once in so many times happens now.
    package mutating func once(in times: UInt64) -> Bool { next() % times == 0 }
}
