/// The text of `--help`.
package enum BenchHelp {
    /// - Parameter benchmarks: name and summary of each.
    package static func text(_ benchmarks: [(name: String, summary: String)]) -> String {
        var table = TextTable([("", .leading), ("", .leading)])
        for benchmark in benchmarks { table.add([benchmark.name, benchmark.summary]) }
        table.add(["all", "every one of them, with short settings (--full: with the usual ones)"])
        table.add(["compare", "two files of earlier runs, nothing is measured"])
        return """
            rbee-bench: measures rbee beside the physical floor, both in one run

            Usage: rbee-bench BENCHMARK [options]
                   rbee-bench compare OLD.json NEW.json [--strict]

            \(table.lines.dropFirst().joined(separator: "\n"))

            Options
              --json [FILE]        the report as JSON with all samples: into FILE beside the table, or without FILE instead of it
              --compare OLD.json   beside an earlier run's file, of any benchmark: the ratio of the medians, and what got worse
              --rounds N           so many rounds (floor and subject take turns in each)
              --seconds N          how long idle looks (60; with --quick 20)
              --quick              short settings: fewer rounds, the same rows
              --full               the usual settings, also for all
              --strict             exit 1 when a budget is missed, or with --compare a row got worse
              --help               this

            The programs that are measured are those beside rbee-bench, in homes of their own in /tmp (or TMPDIR) that are removed at the
            end, also after Ctrl-C. Percentiles are by nearest rank; what warms up is not counted.

            \(Comparison.rule)

            Exit codes: 0 measured, 1 it could not be measured (or --strict), 2 usage, 130 Ctrl-C.
            """
    }
}
