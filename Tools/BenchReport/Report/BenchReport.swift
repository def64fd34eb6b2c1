/// All of one run: what every subcommand writes as JSON, and what is compared.
package struct BenchReport: Codable, Hashable, Sendable {
    /// The meaning of the fields. It only grows as long as the number stays.
    package static let currentSchema = 1

    package var schema: Int
    /// When it began, ISO 8601 in UTC.
    package var date: String
    /// The linker's build id of the queen that was measured.
    package var build: String
    /// How that was built: `release` or `debug`.
    package var configuration: String
    package var machine: MachineFacts
    package var rows: [Row]

    package init(date: String, build: String, configuration: String, machine: MachineFacts, rows: [Row] = []) {
        schema = Self.currentSchema
        self.date = date
        self.build = build
        self.configuration = configuration
        self.machine = machine
        self.rows = rows
    }

    package var missed: [Row] { rows.filter { $0.holds == false } }

    /// For a file: samples rounded.
    package var rounded: BenchReport {
        var report = self
        report.rows = rows.map(\.rounded)
        return report
    }
}
