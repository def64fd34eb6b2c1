internal import Glibc

/// How the cost of one piece of work changes with the number of things beside it.
package struct Growth: Hashable, Sendable {
    private var counts: [Int] = []
    private var costs: [Double] = []

    package init() {}

    package mutating func add(_ count: Int, _ cost: Double) {
        counts.append(count)
        costs.append(cost)
    }

    /// The power of the count that the cost follows from the first point to the last: 0 does not grow, 1 grows as the count does. nil without two
    /// points that can be compared.
    package var exponent: Double? {
        guard let firstCount = counts.first, let lastCount = counts.last, lastCount > firstCount, firstCount > 0,
            let firstCost = costs.first, let lastCost = costs.last, firstCost > 0, lastCost > 0
        else { return nil }
        return log(lastCost / firstCost) / log(Double(lastCount) / Double(firstCount))
    }

    /// Work that should cost the same however much there is beside it may become dearer by a tenth of the growth's power: twice as dear for a
    /// thousand times as much.
    package static let tolerance = 0.1

    /// Whether it grows with what is beside it.
    package var grows: Bool { (exponent ?? 0) > Self.tolerance }

    /// A sentence: that it grows, and how, or that it does not. nil while there is nothing to say.
    package func sentence(_ what: String) -> String? {
        guard let exponent, let first = counts.first, let last = counts.last else { return nil }
        let points = zip(counts, costs).map { "\(NumberText.short($1)) at \($0)" }.joined(separator: ", ")
        let power = NumberText.decimal(exponent, digits: 2)
        return grows ? "\(what) GROWS with the power \(power): \(points)" : "\(what) stays what it is from \(first) to \(last): \(points)"
    }
}
