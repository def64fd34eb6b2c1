import DaemonContract
import KeeperCommands
import Testing

@Suite struct OutputTests {
    private func output(
        results: MemorySink = MemorySink(), narration: MemorySink = MemorySink(), json: Bool = false,
        verbosity: Output.Verbosity = .normal, environment: [String: String] = [:], refusesColour: Bool = false
    ) -> Output {
        Output(
            results: results, narration: narration, isJSON: json, verbosity: verbosity, environment: environment,
            refusesColour: refusesColour)
    }

    @Test(
        arguments: [
            (true, [:], false, true), (false, [:], false, false), (true, ["NO_COLOR": "1"], false, false),
            (true, ["NO_COLOR": ""], false, true),
            (true, ["TERM": "dumb"], false, false), (true, ["TERM": "xterm"], false, true), (true, [:], true, false),
        ] as [(Bool, [String: String], Bool, Bool)])
    func colourOnlyOnATerminalAndNeverUnwanted(_ isTerminal: Bool, _ environment: [String: String], _ refused: Bool, _ expected: Bool) {
        let style = Style(for: MemorySink(isTerminal: isTerminal), environment: environment, refused: refused)
        #expect(style.isColoured == expected)
        #expect(style.paint("x", .bad) == (expected ? "\u{1B}[31mx\u{1B}[0m" : "x"))
    }

    @Test func eachStreamHasItsOwnColour() {
        let output = output(results: MemorySink(), narration: MemorySink(isTerminal: true))
        #expect(!output.resultStyle.isColoured && output.narrationStyle.isColoured)
    }

    @Test func tablesAreAsWideAsTheirContentAndEndNoLineInSpaces() {
        var table = TextTable(header: ["A", "LONGER", "C"])
        table.add(.init("one"), .init("x", .good), .init(""))
        table.add(.init("é"), .init(""), .init("end"))
        #expect(table.lines(.plain) == ["A    LONGER  C", "one  x", "é            end"])
        #expect(table.lines(.coloured)[1] == "one  \u{1B}[32mx\u{1B}[0m")
    }

    @Test func narrationIsSilentWhenQuietAndWithJSON() {
        for (json, verbosity, notes, details) in [
            (false, Output.Verbosity.normal, true, false), (false, .quiet, false, false), (false, .verbose, true, true),
            (true, .normal, false, false), (true, .verbose, true, true),
        ] {
            let sink = MemorySink()
            let output = output(narration: sink, json: json, verbosity: verbosity)
            output.note("note")
            output.detail("detail")
            output.warning("careful")
            #expect(sink.lines.contains("note") == notes)
            #expect(sink.lines.contains("detail") == details)
            #expect(sink.lines.contains("warning: careful"))
        }
    }

    @Test func errorsAreTextOrJSON() {
        let error = KeeperError(.notRunning, "hive/localhost does not run", next: ["rbee-keeper hive start"], exit: .notRunning)
        let text = MemorySink(), json = MemorySink()
        output(narration: text, verbosity: .quiet).error(error)
        output(narration: json, json: true).error(error)
        #expect(text.text == "error: hive/localhost does not run\n  try: rbee-keeper hive start\n")
        #expect(
            json.text == #"{"error":{"code":"not_running","message":"hive/localhost does not run","next":["rbee-keeper hive start"]}}"#
                + "\n")
    }

    @Test func nothingFromOutsideReachesTheTerminal() {
        let hostile = "\u{1B}]0;owned\u{07}\u{9B}31m\u{202E}gnp\u{7F}\r"
        let sink = MemorySink()
        output(narration: sink).note(hostile)
        #expect(sink.text == #"\x1b]0;owned\x07\x9b31m\u202egnp\x7f\r"# + "\n")
        #expect(SafeText.lines("a\nb\tc\u{1B}[2J") == "a\nb\tc\\x1b[2J")
        #expect(SafeText.line("a\nb\tc") == #"a\nb\tc"#)
        #expect(SafeText.line("häß 日本 👩‍👩‍👧") == "häß 日本 👩‍👩‍👧")
        var table = TextTable(header: [])
        table.add(.init("\u{1B}[2Jx"))
        #expect(table.lines(.plain) == [#"\x1b[2Jx"#])
    }

    @Test func tokensAreTamedOnATerminalAndLeftAloneInAPipe() throws {
        let terminal = MemorySink(isTerminal: true), pipe = MemorySink()
        try output(results: terminal).print(piece: "\u{1B}[2Jx\n")
        try output(results: pipe).print(piece: "\u{1B}[2Jx\n")
        #expect(terminal.text == "\\x1b[2Jx\n")
        #expect(pipe.text == "\u{1B}[2Jx\n")
    }

    @Test func aClosedStandardErrorStopsNothing() {
        let output = output(narration: MemorySink(failingWith: .closed))
        output.note("x")
        output.error(KeeperError(.failed, "x"))
    }

    @Test func aClosedPipeEndsQuietly() async {
        let fixture = KeeperFixture(
            daemons: FakeDaemons([.running(.queen, "default")]), results: MemorySink(failingWith: .closed))
        let outcome = await fixture.run("status")
        #expect(outcome.exit == .outputClosed)
        #expect(outcome.errors.isEmpty)
    }

    @Test func aFullDiskIsAnError() async {
        let fixture = KeeperFixture(
            daemons: FakeDaemons([.running(.queen, "default")]), results: MemorySink(failingWith: .failed(28)))
        let outcome = await fixture.run("status")
        #expect(outcome.exit == .failed)
        #expect(outcome.errors.hasPrefix("error: cannot write to standard output: No space left on device"))
    }
}

@Suite struct ProgressLineTests {
    @Test func plainLinesWhereLinesCannotBeRedrawn() {
        var line = ProgressLine(isTerminal: false, isUTF8: true)
        #expect(line.began("queen: launching") == "queen: launching\n")
        #expect(line.began("queen: launching") == "")
        #expect(line.ticked(elapsed: .seconds(3)) == "")
        #expect(line.began("queen: waiting\u{1B}[2J") == "queen: waiting\\x1b[2J\n")
        #expect(line.cleared() == "")
    }

    @Test func oneMovingLineOnATerminal() {
        var line = ProgressLine(isTerminal: true, isUTF8: false)
        #expect(line.ticked(elapsed: .zero) == "")
        #expect(line.began("a") == "\r\u{1B}[?7l| a\u{1B}[K\u{1B}[?7h")
        #expect(line.ticked(elapsed: .milliseconds(100)) == "\r\u{1B}[?7l/ a\u{1B}[K\u{1B}[?7h")
        #expect(line.ticked(elapsed: .milliseconds(2100)) == "\r\u{1B}[?7l- a (2 s)\u{1B}[K\u{1B}[?7h")
        #expect(line.began("b").contains("- b"))
        #expect(line.cleared() == "\r\u{1B}[K")
        #expect(line.cleared() == "")
    }

    @Test func theLineMovesWhileAnOperationTakesAndIsGoneAfterwards() async throws {
        let sink = MemorySink(isTerminal: true)
        let clock = ManualClock()
        let output = Output(
            results: MemorySink(), narration: sink, isJSON: false, verbosity: .normal, environment: [:], refusesColour: false)
        let progress = Progress(output, environment: ["LANG": "C.UTF-8"])
        let result = try await progress.during(clock: clock) {
            progress.step("queen: launching")
            await clock.sleepers(1)
            clock.advance(by: .milliseconds(100))
            await clock.sleepers(1)
            return 7
        }
        #expect(result == 7)
        #expect(sink.text.contains("⠋ queen: launching") && sink.text.contains("⠙ queen: launching"))
        #expect(sink.text.hasSuffix("\r\u{1B}[K"))
    }

    @Test func noLineWhenNothingIsToBeSaid() async throws {
        let sink = MemorySink(isTerminal: true)
        let output = Output(
            results: MemorySink(), narration: sink, isJSON: true, verbosity: .normal, environment: [:], refusesColour: false)
        let progress = Progress(output, environment: [:])
        try await progress.during(clock: ManualClock()) { progress.step("x") }
        #expect(sink.text.isEmpty)
    }
}
