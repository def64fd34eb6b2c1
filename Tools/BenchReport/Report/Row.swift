/// One measurement: what it was of, under which circumstances, and what it may be.
package struct Row: Codable, Hashable, Sendable {
    /// What makes two rows of different runs the same measurement.
    package struct Identity: Hashable, Sendable {
        package let benchmark: String
        package let name: String
        package let parameters: [String: Int]
        package let unit: Unit
    }

    package var benchmark: String
    /// What was measured, in a few words: `ping`, `cold ensure of the queen`.
    package var name: String
    /// Under which circumstances: `cores`, `connections`, `bytes`, `daemons`.
    package var parameters: [String: Int]
    package var unit: Unit
    /// What the same costs without rbee, taken in turns with the subject.
    package var floor: Samples?
    package var subject: Samples
    package var budgets: [Budget]
    /// Whether all budgets were kept; nil without any that could be judged.
    package var holds: Bool?
    /// What a reader has to know to understand the numbers.
    package var note: String?

    package init(
        _ benchmark: String, _ name: String, _ parameters: [String: Int] = [:], unit: Unit, floor: Samples? = nil, subject: Samples,
        budgets: [Budget] = [], note: String? = nil
    ) {
        self.benchmark = benchmark
        self.name = name
        self.parameters = parameters
        self.unit = unit
        self.floor = floor
        self.subject = subject
        self.budgets = budgets
        self.note = note
        let verdicts = budgets.compactMap { $0.holds(subject, floor: floor) }
        holds = verdicts.isEmpty ? nil : !verdicts.contains(false)
    }

    package var identity: Identity { Identity(benchmark: benchmark, name: name, parameters: parameters, unit: unit) }

    /// The circumstances in a fixed order: `cores 2, connections 64`.
    package var circumstances: String {
        parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// The same with its samples rounded, for a file. What was judged was judged before.
    package var rounded: Row {
        var row = self
        row.subject = subject.rounded
        row.floor = floor?.rounded
        return row
    }
}
