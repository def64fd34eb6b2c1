import DaemonRuntime
import Testing

@Suite struct MetricTests {
    @Test func figuresOfOneNameStandTogether() {
        let text = Metric.text([
            Metric("a_total", .counter, "Some\nhelp.", 3, labels: [("status", "200")]),
            Metric("b", .gauge, "Other.", 0.5),
            Metric("a_total", .counter, "Some\nhelp.", 1, labels: [("status", "a\"b\\c\n")]),
        ])
        #expect(
            text == """
                # HELP a_total Some\\nhelp.
                # TYPE a_total counter
                a_total{status="200"} 3
                a_total{status="a\\"b\\\\c\\n"} 1
                # HELP b Other.
                # TYPE b gauge
                b 0.5

                """)
    }

    @Test func noFiguresAreNoText() {
        #expect(Metric.text([]).isEmpty)
    }
}

@Suite struct DrainSignalTests {
    @Test func everyoneIsToldAndLateComersToo() async {
        let signal = DrainSignal()
        #expect(!signal.hasFired)
        await withTaskGroup { group in
            for _ in 0..<10 { group.addTask { await signal.wait() } }
            signal.fire()
            await group.waitForAll()
        }
        #expect(signal.hasFired)
        signal.fire()
        await signal.wait()
    }

    @Test func waitingCanBeCancelled() async {
        let signal = DrainSignal()
        let waiting = Task { await signal.wait() }
        waiting.cancel()
        await waiting.value
        #expect(!signal.hasFired)
    }
}
