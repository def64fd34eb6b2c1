import Glibc
import KeeperCommands
import Platform
import Testing

@Suite struct LogsCommandTests {
    private let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    private static let line =
        #"{"time":"2025-01-02T03:04:05.678Z","level":"warning","message":"A worker died.","metadata":{"pid":12,"model":"tiny","why":"out of \u001b memory"}}"#

    private func logs(_ arguments: String...) async -> KeeperFixture.Outcome {
        await KeeperFixture(home: home.home).run(["logs"] + arguments)
    }

    @Test func linesForPeopleAndAsTheyAre() async throws {
        try home.write("logs/queen-default.log", Self.line + "\nnot json \u{1B}[2J\n")
        let text = await logs()
        #expect(
            text.lines == [
                #"2025-01-02T03:04:05.678Z warning A worker died. model=tiny pid=12 why="out of \u001b memory""#, #"not json \x1b[2J"#,
            ])
        let json = await logs("--json", "-n", "2")
        #expect(json.lines.first == Self.line)
    }

    @Test func theLastLinesAcrossFiles() async throws {
        try home.write("logs/hive-localhost.log", (5...9).map { "line \($0)\n" }.joined())
        try home.write("logs/hive-localhost.log.1", (0...4).map { "line \($0)\n" }.joined())
        #expect(await logs("hive", "-n", "3").lines == ["line 7", "line 8", "line 9"])
        #expect(await logs("hive", "-n", "7").lines == (3...9).map { "line \($0)" })
        #expect(await logs("hive", "-n", "100").lines == (0...9).map { "line \($0)" })
        #expect(await logs("hive", "-n", "0").output.isEmpty)
    }

    @Test func manyAndLongLines() async throws {
        let long = String(repeating: "x", count: 200_000)
        try home.write("logs/hive-localhost.log", (0..<20_000).map { "line \($0)\n" }.joined() + long + "\n")
        let outcome = await logs("hive", "-n", "3")
        #expect(outcome.lines == ["line 19998", "line 19999", long])
    }

    @Test func thereIsNoLog() async {
        let outcome = await logs("worker/a")
        #expect(outcome.exit == .failed)
        #expect(
            outcome.errors
                == "error: worker/a has no log: there is no \(home.root)/logs/worker-a.log\n  try: rbee-keeper list --all\n"
        )
        let streams = await logs("--streams")
        #expect(streams.errors.hasPrefix("error: queen/default has no output: there is no \(home.root)/run/queen/default.out\n"))
    }

    @Test func theOtherOneIsSuggestedWhenThereIsOne() async throws {
        try home.write("run/worker/a.out", "boom\n")
        #expect(await logs("worker/a").errors.contains("try: rbee-keeper worker logs a --streams\n"))
    }

    @Test func followingEndsWhenNobodyReads() async throws {
        try home.write("logs/queen-default.log", "a\n")
        let clock = ManualClock()
        let fixture = KeeperFixture(home: home.home, clock: clock)
        async let running = fixture.run("logs", "-f")
        await clock.sleepers(1)
        fixture.results.hangUp()
        clock.advance(by: .milliseconds(200))
        #expect(await running.exit == .outputClosed)
    }

    @Test func following() async throws {
        try home.write("logs/queen-default.log", "a\n")
        let clock = ManualClock()
        let fixture = KeeperFixture(home: home.home, clock: clock)
        async let running = fixture.run("logs", "-f")
        func step() async {
            await clock.sleepers(1)
            clock.advance(by: .milliseconds(200))
        }
        await clock.sleepers(1)
        try append("logs/queen-default.log", "b\nhalf")
        await step()
        await clock.sleepers(1)
        #expect(fixture.results.text == "a\nb\n")
        try append("logs/queen-default.log", " whole\n")
        await step()
        await clock.sleepers(1)
        #expect(fixture.results.text == "a\nb\nhalf whole\n")
        // Set aside for a new one.
        rename("\(home.root)/logs/queen-default.log", "\(home.root)/logs/queen-default.log.1")
        try append("logs/queen-default.log.1", "last\n")
        try home.write("logs/queen-default.log", "new\n")
        await step()
        await clock.sleepers(1)
        #expect(fixture.results.text == "a\nb\nhalf whole\nlast\nnew\n")
        // Cut.
        try home.write("logs/queen-default.log", "")
        await step()
        await clock.sleepers(1)
        try append("logs/queen-default.log", "cut\n")
        await step()
        await clock.sleepers(1)
        #expect(fixture.results.text.hasSuffix("new\ncut\n"))
        fixture.interrupts.interrupt()
        #expect(await running.exit == .interrupted)
    }

    private func append(_ path: String, _ text: String) throws {
        let number = open("\(home.root)/\(path)", O_WRONLY | O_APPEND | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno: errno, "open", path: path) }
        try Descriptor(adopting: number).write(Array(text.utf8))
    }
}
