/// What is printed at the end.
struct Report: Sendable {
    let run: ChaosRun
    let violations: [Violation]

    func lines() -> [String] {
        let tally = run.tally
        func value(_ count: Tally.Count) -> Int { tally.value(count) }
        let ready = run.homes.reduce(0) { $0 + Self.ready(in: $1) }
        var lines = [
            "",
            "seed \(run.options.seed), \(run.timeline.elapsed.text), \(value(.rounds)) rounds",
            "daemons     \(run.overlaps.started) processes seen, \(ready) times one was ready",
            "keepers     \(value(.keepers)) run, \(value(.commandsStruck)) of them struck, \(value(.commandsFailed)) ended otherwise than well: "
                + tally.exits.map { "\($0.name) × \($0.count)" }.joined(separator: ", "),
            "library     \(value(.libraryCalls)) calls",
            "requests    \(value(.requests)) served",
            "ensures     \(value(.ensures)) handed over, \(value(.confirmedByAsking)) of them answered when asked again",
            "blows       \(tally.blows.reduce(0) { $0 + $1.count }) delivered, \(value(.strikesWithoutVictim)) met nobody: "
                + tally.blows.map { "\($0.name) × \($0.count)" }.joined(separator: ", "),
            "damages     \(value(.damages)) done, \(value(.damagesWithoutFile)) found no file: "
                + tally.damages.map { "\($0.name) × \($0.count)" }.joined(separator: ", "),
            "ruses       \(value(.ruses)) stops led to a bystander, \(value(.latecomers)) launches of what ran",
            "quiet       \(value(.quietPoints)) times, \(value(.lawChecks)) laws checked, \(value(.trials)) trials",
            "violations  \(violations.count)",
        ]
        for violation in violations {
            lines += ["", "VIOLATION of \(violation)", "  what happened before:"]
            lines += run.timeline.last(60, home: violation.home, daemon: violation.daemon).map { "    \($0)" }
        }
        if !violations.isEmpty {
            lines += [
                "", "kept for a look: \(run.root) (timeline.txt, homes a and b)",
                "again: \(run.options.replay(rounds: run.tally.value(.rounds)))",
                "The plan is the same for the same seed; when the kernel lets whom run is not.",
            ]
        }
        return lines
    }

    /// How often daemons wrote into their logs that they are ready.
    private static func ready(in home: ChaosHome) -> Int {
        let logs = "\(home.path)/logs"
        return ChaosFile.names(in: logs).reduce(0) { sum, name in
            let text = ChaosFile.text(of: "\(logs)/\(name)") ?? ""
            return sum + text.split(separator: "\n").count { $0.contains("\"message\":\"Ready.\"") }
        }
    }
}
