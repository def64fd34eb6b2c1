import BenchReport
import Testing

@Suite struct ComparisonTests {
    private func report(_ rows: [Row]) -> BenchReport {
        BenchReport(
            date: "2026-01-01T00:00:00Z", build: "b", configuration: "release",
            machine: MachineFacts(model: "m", cores: 2, kernel: "k", loadBefore: [0, 0, 0]), rows: rows)
    }

    private func row(_ values: [Double], floor: [Double]? = nil, unit: Unit = .microseconds, connections: Int = 1) -> Row {
        Row("ipc", "ping", ["connections": connections], unit: unit, floor: floor.map(Samples.init), subject: Samples(values))
    }

    private func verdict(_ old: Row, _ new: Row) -> Comparison.Verdict? {
        let lines = Comparison(old: report([old]), new: report([new])).lines
        return lines.count == 1 ? lines[0].verdict : nil
    }

    @Test(arguments: [
        (100.0, 100.0, Comparison.Verdict.same), (100, 109, .same), (100, 110, .same), (100, 112, .worse), (112, 100, .better),
        (110, 100, .same),
    ])
    func aTenthIsNoise(old: Double, new: Double, expected: Comparison.Verdict) {
        #expect(verdict(row([old, old, old]), row([new, new, new])) == expected)
    }

    @Test func whatLiesWithinTheOldSamplesIsNoise() {
        let wide = row([60, 80, 100, 120, 140])
        #expect(verdict(wide, row([118, 119, 119, 119, 120])) == .same)
        #expect(verdict(wide, row([125, 126, 127, 128, 129])) == .worse)
        // And the other way round: the old median lies within the new samples.
        #expect(verdict(row([100, 100, 100]), row([90, 100, 130, 130, 130])) == .same)
    }

    @Test func whatSlowedTheFloorTooIsTheMachine() {
        let old = row([100, 100, 100], floor: [10, 10, 10])
        #expect(verdict(old, row([200, 200, 200], floor: [20, 20, 20])) == .same)
        #expect(verdict(old, row([200, 200, 200], floor: [11, 11, 11])) == .worse)
        #expect(verdict(old, row([200, 200, 200])) == .worse)
        // A faster machine hides nothing: faster than before, but so is the floor.
        #expect(verdict(old, row([50, 50, 50], floor: [5, 5, 5])) == .same)
    }

    @Test func ofWorkDoneMoreIsBetter() {
        #expect(verdict(row([100, 100], unit: .perSecond), row([200, 200], unit: .perSecond)) == .better)
        #expect(verdict(row([200, 200], unit: .perSecond), row([100, 100], unit: .perSecond)) == .worse)
        #expect(verdict(row([100, 100], unit: .timesPerSecond), row([200, 200], unit: .timesPerSecond)) == .worse)
    }

    @Test func fromNothingToSomethingIsSlower() {
        #expect(verdict(row([0]), row([0])) == .same)
        let line = Comparison(old: report([row([0])]), new: report([row([3])])).lines[0]
        #expect(line.verdict == .worse)
        #expect(line.ratio == nil)
    }

    @Test func rowsAreTheSameByNameCircumstancesAndUnit() {
        let comparison = Comparison(
            old: report([row([1], connections: 1), row([1], connections: 4), row([1], unit: .milliseconds)]),
            new: report([row([1], connections: 1), row([1], connections: 16)]))
        #expect(comparison.lines.map(\.verdict) == [.same, .new, .gone, .gone])
        #expect(comparison.worse.isEmpty)
    }

    @Test func whatWasNotRunAgainIsNotGone() {
        var other = row([1])
        other.benchmark = "http"
        let comparison = Comparison(old: report([row([1]), other]), new: report([row([1])]))
        #expect(comparison.lines.map(\.identity.benchmark) == ["ipc"])
    }

    @Test func aBusyMachineIsDoubted() {
        var busy = report([row([150, 150])])
        busy.machine.loadBefore = [1.5, 1, 1]
        let text = ComparisonText(Comparison(old: report([row([100, 100])]), new: busy), with: "old.json").lines
        #expect(text.last == "1 rows compared, 1 got WORSE; something else was running in one of the two runs, so measure again")
        let calm = ComparisonText(Comparison(old: busy, new: busy), with: "old.json").lines
        #expect(calm.last == "1 rows compared, none got worse")
    }

    @Test func theTextNamesWhatGotSlower() {
        let text = ComparisonText(
            Comparison(old: report([row([100, 100])]), new: report([row([150, 150]), row([1], connections: 9)])), with: "old.json"
        ).lines
        #expect(
            text == [
                "compared with old.json", "                            unit  old p50  new p50  ratio",
                "  ipc  ping  connections 1  µs        100      150   1.50  WORSE",
                "  ipc  ping  connections 9  µs                   1         new",
                "1 rows compared, 1 got WORSE",
            ])
    }
}
