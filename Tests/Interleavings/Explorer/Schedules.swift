import SplitMix

/// Random walks through a model that is too large to be looked at whole.
///
/// Each walk has a seed of its own, by which it can be walked again.
struct Schedules {
    private(set) var walks = 0
    private(set) var transitions = 0
    /// Walks that came to an end of the model before they were cut.
    private(set) var ended = 0
    private(set) var counterexample: Counterexample?
    private(set) var seed: UInt64?

    /// - Parameters:
    ///   - seed: of the first walk; the others follow it.
    ///   - length: steps after which a walk is cut.
    init<M: Model>(_ model: M, count: Int, from seed: UInt64 = 1, length: Int) {
        let beginnings = model.beginnings
        for number in seed..<seed + UInt64(count) {
            walks += 1
            guard let law = walk(model, beginnings, number, length) else { continue }
            self.seed = number
            counterexample = Counterexample(law: law, trail: trail(model, beginnings, number, length))
            return
        }
    }

    private mutating func walk<M: Model>(_ model: M, _ beginnings: [M.State], _ seed: UInt64, _ length: Int) -> String? {
        var random = SplitMix64(seed: seed)
        var state = beginnings[random.below(beginnings.count)]
        for _ in 0..<length {
            let steps = model.steps(from: state)
            guard !steps.isEmpty else {
                guard model.isEnd(state) else { return "nothing can happen any more, and somebody still waits" }
                ended += 1
                return nil
            }
            transitions += 1
            if let law = model.take(steps[random.below(steps.count)], in: &state) { return law }
        }
        return nil
    }

    /// The same walk again, told step by step.
    private func trail<M: Model>(_ model: M, _ beginnings: [M.State], _ seed: UInt64, _ length: Int) -> [String] {
        var random = SplitMix64(seed: seed)
        var state = beginnings[random.below(beginnings.count)]
        var trail = ["begins: \(state)"]
        for _ in 0..<length {
            let steps = model.steps(from: state)
            guard !steps.isEmpty else { break }
            let step = steps[random.below(steps.count)]
            trail.append(model.describe(step, from: state))
            if model.take(step, in: &state) != nil { break }
        }
        return trail
    }
}
