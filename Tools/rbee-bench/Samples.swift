/// Measurements of one thing, in microseconds.
struct Samples: Sendable, Encodable {
    private(set) var values: [Double] = []

    mutating func add(nanoseconds: UInt64) {
        values.append(Double(nanoseconds) / 1_000)
    }

    /// The value that a share of all stays under: 0.5 is the median.
    func quantile(_ share: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    var median: Double { quantile(0.5) }

    func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
    }
}
