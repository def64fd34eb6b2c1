/// Measurements of one thing, in the order in which they were taken, in the unit of their row.
package struct Samples: Codable, Hashable, Sendable {
    package private(set) var values: [Double]

    package init(_ values: [Double] = []) {
        self.values = values
    }

    package mutating func add(_ value: Double) {
        values.append(value)
    }

    package mutating func add(contentsOf other: Samples) {
        values += other.values
    }

    package var isEmpty: Bool { values.isEmpty }

    /// Nearest rank: the smallest sample that so large a share of all, at least, does not exceed. Always one that was measured; NaN without any.
    ///
    /// - Parameter share: from 0 to 1; 0.5 is the median.
    package func percentile(_ share: Double) -> Double { percentiles([share])[0] }

    /// Several of them for one sorting.
    package func percentiles(_ shares: [Double]) -> [Double] {
        let sorted = values.sorted()
        return shares.map { share in
            guard !sorted.isEmpty else { return .nan }
            // What a share times a count lacks to the next whole number may be a matter of binary fractions alone.
            let rank = (share * Double(sorted.count) - 1e-9).rounded(.up)
            return sorted[max(0, min(sorted.count - 1, Int(rank) - 1))]
        }
    }

    package var median: Double { percentile(0.5) }

    /// The samples with four significant digits each: what a file keeps.
    package var rounded: Samples { Samples(values.map(Self.rounded)) }

    private static func rounded(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return 0 }
        var scale = 1.0
        while value.magnitude * scale < 1_000, scale < 1e9 { scale *= 10 }
        return (value * scale).rounded() / scale
    }

    // A list of numbers, without a key of its own.

    package init(from decoder: any Decoder) throws {
        values = try [Double](from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
    }
}
