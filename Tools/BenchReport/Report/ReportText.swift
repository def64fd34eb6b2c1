/// A report for people: one table a benchmark, notes beneath it, what was missed at the end.
package struct ReportText {
    private let report: BenchReport

    package init(_ report: BenchReport) {
        self.report = report
    }

    package var lines: [String] {
        var lines = [heading] + busyness
        for benchmark in Self.unique(report.rows.map(\.benchmark)) {
            let rows = report.rows.filter { $0.benchmark == benchmark }
            lines += ["", benchmark] + table(rows) + notes(rows)
        }
        return lines + ["", verdict]
    }

    private var heading: String {
        let machine = report.machine
        let facts = "\(machine.model), \(machine.cores) cores, Linux \(machine.kernel), \(report.date), build \(report.build.prefix(12))"
        return report.configuration == "release" ? facts : "\(facts): a \(report.configuration) build: these numbers say nothing of speed"
    }

    private var busyness: [String] {
        func text(_ load: [Double]) -> String { load.map { NumberText.decimal($0, digits: 2) }.joined(separator: " ") }
        let machine = report.machine
        let load = "load \(text(machine.loadBefore)) before, \(text(machine.loadAfter)) after"
        return [machine.wasBusy ? "\(load): something else was running, so trust ratios more than numbers" : load]
    }

    private func table(_ rows: [Row]) -> [String] {
        var table = TextTable([
            ("", .leading), ("", .leading), ("unit", .leading), ("floor p50", .trailing), ("p50", .trailing), ("p90", .trailing),
            ("p99", .trailing), ("p99.9", .trailing), ("budget", .leading),
        ])
        for row in rows { table.add(fields(row)) }
        return table.lines.map { "  \($0)" }
    }

    private func fields(_ row: Row) -> [String] {
        let values = row.subject.percentiles([0.5, 0.9, 0.99, 0.999])
        let count = row.subject.values.count
        // A percentile that is the largest sample says no more than that.
        let shown = [true, count >= 10, count >= 100, count >= 1_000]
        let numbers = zip(values, shown).map { $1 ? NumberText.short($0) : "" }
        let limits = row.budgets.map { $0.text(row.unit) }.joined(separator: ", ")
        let verdict = row.holds.map { $0 ? "holds" : "MISSED" } ?? "not judged"
        return [row.name, row.circumstances, row.unit.rawValue, row.floor.map { NumberText.short($0.median) } ?? ""] + numbers
            + [row.budgets.isEmpty ? "" : "\(limits): \(verdict)"]
    }

    private func notes(_ rows: [Row]) -> [String] {
        Self.unique(rows.compactMap(\.note)).map { "  \($0)" }
    }

    private var verdict: String {
        let judged = report.rows.count { $0.holds != nil }
        let missed = report.missed
        guard !missed.isEmpty else { return "\(judged) budgets judged, all kept" }
        let names = missed.map { row in
            [row.benchmark, row.name, row.circumstances].filter { !$0.isEmpty }.joined(separator: " · ")
        }
        return "\(judged) budgets judged, \(missed.count) MISSED: \(names.joined(separator: "; "))"
    }

    private static func unique(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { seen.insert($0).inserted }
    }
}
