import BenchReport
import DaemonContract
import Testing

@Suite struct ReportTests {
    private var report: BenchReport {
        var machine = MachineFacts(model: "EPYC", cores: 2, kernel: "6.1", loadBefore: [0.1, 0.2, 0.3])
        machine.loadAfter = [1, 0.5, 0.25]
        return BenchReport(
            date: "2026-01-01T00:00:00Z", build: "0123456789abcdef", configuration: "release", machine: machine,
            rows: [
                Row(
                    "ipc", "ping", ["cores": 1, "bytes": 0], unit: .microseconds, floor: Samples([9.5]),
                    subject: Samples((1...1_000).map { 10 + Double($0) / 1_000 }), budgets: [.aboveFloor(10), .p99(below: 500)]),
                Row(
                    "start", "cold ensure", unit: .milliseconds, subject: Samples([41.23456]), budgets: [.median(below: 40)], note: "a note"
                ),
                Row("start", "warm ensure", unit: .microseconds, subject: Samples([300]), budgets: [.aboveFloor(1)], note: "a note"),
            ])
    }

    @Test func thePageHasATableForEachBenchmark() {
        #expect(
            ReportText(report).lines == [
                "EPYC, 2 cores, Linux 6.1, 2026-01-01T00:00:00Z, build 0123456789ab", "load 0.10 0.20 0.30 before, 1.00 0.50 0.25 after",
                "",
                "ipc",
                "                          unit  floor p50   p50   p90   p99  p99.9  budget",
                "  ping  bytes 0, cores 1  µs         9.50  10.5  10.9  11.0   11.0  floor + 10 µs, p99 < 500 µs: holds", "",
                "start",
                "               unit   p50  budget", "  cold ensure  ms    41.2  < 40 ms: MISSED",
                "  warm ensure  µs     300  floor + 1 µs: not judged",
                "  a note", "", "2 budgets judged, 1 MISSED: start · cold ensure",
            ])
    }

    @Test func aDebugBuildAndABusyMachineAreSaid() {
        var other = report
        other.configuration = "debug"
        other.machine.loadBefore = [1.5, 1, 1]
        let lines = ReportText(other).lines
        #expect(lines[0].hasSuffix("a debug build: these numbers say nothing of speed"))
        #expect(lines[1].contains("something else was running"))
    }

    @Test func comesBackFromAFile() throws {
        let bytes = try ContractJSON.encode(report)
        #expect(try ContractJSON.decode(BenchReport.self, from: bytes) == report)
        #expect(report.rounded.rows[1].subject.values == [41.23])
        // What was judged stays as it was judged.
        #expect(report.rounded.rows[1].holds == false)
    }

    @Test func theWireIsWrittenDown() throws {
        var small = report
        small.rows = [small.rows[1]]
        #expect(
            try ContractJSON.encodeText(small)
                == #"{"build":"0123456789abcdef","configuration":"release","date":"2026-01-01T00:00:00Z","machine":{"cores":2,"kernel":"6.1","load_after":[1,0.5,0.25],"load_before":[0.1,0.2,0.3],"model":"EPYC"},"rows":[{"benchmark":"start","budgets":[{"kind":"median","limit":40}],"holds":false,"name":"cold ensure","note":"a note","parameters":{},"subject":[41.23456],"unit":"ms"}],"schema":1}"#
        )
    }

    @Test func machineFactsAreReadFromTheKernelsText() {
        #expect(MachineFacts.model(cpuinfo: "processor\t: 0\nmodel name\t: AMD EPYC 7\nmodel name\t: other\n") == "AMD EPYC 7")
        #expect(MachineFacts.model(cpuinfo: "Hardware : none") == "unknown")
        #expect(MachineFacts.load(loadavg: "0.52 1.25 2.00 1/123 4567\n") == [0.52, 1.25, 2])
        #expect(MachineFacts.load(loadavg: "") == [])
    }
}

@Suite struct TextTableTests {
    @Test func columnsAreAsWideAsTheirWidestField() {
        var table = TextTable([("name", .leading), ("n", .trailing), ("none", .leading), ("last", .leading)])
        table.add(["a", "1", "", "x"])
        table.add(["long name", "1000"])
        table.add(["µ", "22", "", "y", "too much"])
        #expect(table.lines == ["name          n  last", "a             1  x", "long name  1000", "µ            22  y"])
    }

    @Test func withoutRowsThereIsNothingToShow() {
        #expect(TextTable([("a", .leading)]).lines == [""])
    }
}
