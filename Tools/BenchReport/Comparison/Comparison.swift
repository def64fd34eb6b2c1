/// One run beside an earlier one, row by row.
package struct Comparison: Hashable, Sendable {
    /// How a row has changed.
    package enum Verdict: String, Hashable, Sendable {
        /// Within what noise allows.
        case same
        case better
        case worse
        /// Only in the new run.
        case new
        /// Only in the old one, though its benchmark was run again.
        case gone
    }

    package struct Line: Hashable, Sendable {
        package let identity: Row.Identity
        package let old: Double?
        package let new: Double?
        package let verdict: Verdict

        /// New by old; nil where one is missing or the old one is zero.
        package var ratio: Double? {
            guard let old, let new, old != 0 else { return nil }
            return new / old
        }
    }

    /// How it is decided, for the help.
    package static let rule = """
        A row got worse when its median is worse by more than 10 %, lies outside the middle half of the old samples while the old
        median lies outside the middle half of the new ones, and, where both runs have a floor, the ratio to the floor is worse by
        more than 10 % too: what slowed both is the machine.
        """

    package let lines: [Line]
    /// Whether something else ran on the machine when one of them began.
    package let isDisturbed: Bool

    package init(old: BenchReport, new: BenchReport) {
        isDisturbed = old.machine.wasBusy || new.machine.wasBusy
        let before = Dictionary(old.rows.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.rows.map(\.identity))
        // A run of one benchmark beside a file of all of them has lost nothing.
        let measured = Set(new.rows.map(\.benchmark))
        lines =
            new.rows.map { row in
                let earlier = before[row.identity]
                return Line(
                    identity: row.identity, old: earlier?.subject.median, new: row.subject.median,
                    verdict: earlier.map { Self.verdict(old: $0, new: row) } ?? .new)
            }
            + old.rows.filter { measured.contains($0.benchmark) && !after.contains($0.identity) }.map {
                Line(identity: $0.identity, old: $0.subject.median, new: nil, verdict: .gone)
            }
    }

    package var worse: [Line] { lines.filter { $0.verdict == .worse } }

    private static let tolerance = 1.1

    private static func verdict(old: Row, new: Row) -> Verdict {
        let (before, after) = (old.subject, new.subject)
        guard !before.isEmpty, !after.isEmpty else { return .same }
        let (was, now) = (before.median, after.median)
        guard areApart(before, after) else { return .same }
        let isMore = now > was
        let isWorse = isMore != new.unit.moreIsBetter
        guard exceeds(isMore ? now : was, isMore ? was : now) else { return .same }
        if let oldFloor = old.floor?.median, let newFloor = new.floor?.median, oldFloor > 0, newFloor > 0 {
            let (wasRatio, isRatio) = (was / oldFloor, now / newFloor)
            guard exceeds(isMore ? isRatio : wasRatio, isMore ? wasRatio : isRatio) else { return .same }
        }
        return isWorse ? .worse : .better
    }

    /// Whether the larger one is larger by more than the tolerance.
    private static func exceeds(_ larger: Double, _ smaller: Double) -> Bool {
        larger > smaller * tolerance && larger > smaller
    }

    /// Whether each median lies outside the middle half of the other's samples.
    private static func areApart(_ one: Samples, _ other: Samples) -> Bool {
        func liesWithin(_ value: Double, _ samples: Samples) -> Bool {
            let quartiles = samples.percentiles([0.25, 0.75])
            return quartiles[0] <= value && value <= quartiles[1]
        }
        return !liesWithin(one.median, other) && !liesWithin(other.median, one)
    }
}
