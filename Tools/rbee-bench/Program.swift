internal import BenchReport
internal import DaemonContract
internal import EventLoop
internal import Platform

/// Does what the command line asks for.
struct Program {
    private let arguments: BenchArguments

    init(_ arguments: BenchArguments) {
        self.arguments = arguments
    }

    /// - Returns: the exit code.
    func run() async -> Int32 {
        do {
            switch arguments.command {
            case .help:
                printOut(BenchHelp.text(Benchmarks.all.map { (name: $0.name, summary: $0.summary) }))
                return 0
            case .compare(let old, let new):
                let comparison = Comparison(old: try ReportFile.read(old), new: try ReportFile.read(new))
                printOut(ComparisonText(comparison, with: old).lines.joined(separator: "\n"))
                return arguments.isStrict && !comparison.worse.isEmpty ? 1 : 0
            case .measure(let names):
                // Read first: a file that cannot be read is known before minutes have passed.
                let old = try arguments.comparedFile.map { try ReportFile.read($0) }
                return try await measure(names, old: old)
            }
        } catch {
            Interrupts.waitIfEnding()
            complain("\(error)")
            return 1
        }
    }

    /// One that fails is no reason not to do the others: what could be measured is published.
    private func measure(_ names: [String], old: BenchReport?) async throws -> Int32 {
        let workshop = try Workshop(pace: Pace(isQuick: arguments.isQuick, rounds: arguments.rounds, seconds: arguments.seconds))
        defer {
            Interrupts.waitIfEnding()
            workshop.close()
        }
        let watches = try Interrupts.handle(workshop)
        defer { for watch in watches { watch.cancel() } }
        let build = try BuildIdentifier.of(path: workshop.program("queen-rbee")) ?? "unknown"
        var report = BenchReport(date: Machine.date, build: build, configuration: Self.configuration, machine: Machine.facts())
        var failed = false
        for name in names {
            guard let benchmark = Benchmarks.named(name) else { continue }
            complain("\(name) …")
            do {
                report.rows += try await benchmark.init(workshop).measure()
            } catch {
                Interrupts.waitIfEnding()
                complain("\(name): \(error)")
                failed = true
            }
            let left = workshop.endProcesses()
            if left > 0 { complain("\(name) left \(left) processes, which were ended") }
        }
        report.machine.loadAfter = Machine.load
        guard !report.rows.isEmpty else { return 1 }
        let comparison = old.map { Comparison(old: $0, new: report) }
        try publish(report, comparison)
        let isWorse = !report.missed.isEmpty || comparison?.worse.isEmpty == false
        return failed || (arguments.isStrict && isWorse) ? 1 : 0
    }

    /// Of this program, and so of those beside it.
    private static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// For people on standard output, unless that has the JSON: then only the comparison, on standard error.
    private func publish(_ report: BenchReport, _ comparison: Comparison?) throws {
        let compared = comparison.map { ComparisonText($0, with: arguments.comparedFile ?? "").lines } ?? []
        if arguments.json == .standardOutput {
            printOut(try ContractJSON.encodeText(report.rounded))
            for line in compared { complain(line) }
            return
        }
        if case .file(let path) = arguments.json { try ReportFile.write(report, to: path) }
        printOut((ReportText(report).lines + (compared.isEmpty ? [] : [""] + compared)).joined(separator: "\n"))
    }
}
