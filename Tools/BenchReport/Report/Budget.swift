/// What a measurement may be at most, in the unit of its row.
package enum Budget: Hashable, Sendable {
    /// The median, by itself.
    case median(below: Double)
    /// The median, beside the floor's median in the same run.
    case aboveFloor(Double)
    /// The 99th percentile.
    case p99(below: Double)
    /// The largest of all samples.
    case largest(below: Double)
    /// The last sample may be so much above the one before it: what grows with use is a leak.
    case lastGrowth(Double)

    /// Whether it was kept; nil where there is no floor to judge beside, or nothing to judge.
    package func holds(_ subject: Samples, floor: Samples?) -> Bool? {
        guard !subject.isEmpty else { return nil }
        switch self {
        case .median(let limit): return subject.median < limit
        case .aboveFloor(let more):
            guard let floor, !floor.isEmpty else { return nil }
            return subject.median <= floor.median + more
        case .p99(let limit): return subject.percentile(0.99) < limit
        case .largest(let limit): return subject.percentile(1) < limit
        case .lastGrowth(let more):
            guard subject.values.count > 1 else { return nil }
            return subject.values[subject.values.count - 1] - subject.values[subject.values.count - 2] <= more
        }
    }

    /// As the table has it: `p99 < 500 µs`.
    package func text(_ unit: Unit) -> String {
        switch self {
        case .median(let limit): "< \(unit.text(limit))"
        case .aboveFloor(let more): "floor + \(unit.text(more))"
        case .p99(let limit): "p99 < \(unit.text(limit))"
        case .largest(let limit): "all < \(unit.text(limit))"
        case .lastGrowth(let more): more == 0 ? "last round + 0" : "last round + \(unit.text(more))"
        }
    }
}

extension Budget: Codable {
    private enum Kind: String, Codable {
        case median, p99, largest
        case aboveFloor = "above_floor"
        case lastGrowth = "last_growth"
    }

    private enum CodingKeys: String, CodingKey {
        case kind, limit
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let limit = try fields.decode(Double.self, forKey: .limit)
        switch try fields.decode(Kind.self, forKey: .kind) {
        case .median: self = .median(below: limit)
        case .aboveFloor: self = .aboveFloor(limit)
        case .p99: self = .p99(below: limit)
        case .largest: self = .largest(below: limit)
        case .lastGrowth: self = .lastGrowth(limit)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        let (kind, limit): (Kind, Double) =
            switch self {
            case .median(let limit): (.median, limit)
            case .aboveFloor(let limit): (.aboveFloor, limit)
            case .p99(let limit): (.p99, limit)
            case .largest(let limit): (.largest, limit)
            case .lastGrowth(let limit): (.lastGrowth, limit)
            }
        try fields.encode(kind, forKey: .kind)
        try fields.encode(limit, forKey: .limit)
    }
}
