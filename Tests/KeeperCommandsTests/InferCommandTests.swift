import DaemonContract
import KeeperCommands
import Synchronization
import Testing

@Suite struct InferCommandTests {
    private func fixture(_ connection: FakeConnection, clock: any KeeperClock = ManualClock(), results: MemorySink = MemorySink())
        -> KeeperFixture
    {
        KeeperFixture(daemons: FakeDaemons(connections: ["queen/default": connection]), clock: clock, results: results)
    }

    private static let story: [StreamEvent] = [
        StreamEvent(id: "1", name: "narration", data: #"{"actor":"queen","action":"schedule","human":"asks worker tiny-1"}"#),
        StreamEvent(id: "2", name: "token", data: #"{"text":"Once "}"#), StreamEvent(id: "3", name: "token", data: #"{"text":"upon"}"#),
        StreamEvent(name: "result", data: #"{"text":"Once upon","tokens":2,"done":true}"#), StreamEvent(data: "[DONE]"),
    ]

    @Test func tokensGoToStandardOutputAndNarrationToStandardError() async {
        let connection = FakeConnection.job(Self.story)
        let outcome = await fixture(connection).run(
            "infer", "--model", "builtin", "--max-tokens", "5", "--seed", "-1", "--system", "be brief", "hello")
        #expect(outcome.exit == .done)
        #expect(outcome.output == "Once upon\n")
        #expect(outcome.errors == "queen/default: launching\nqueen: asks worker tiny-1\n")
        #expect(connection.requests == ["POST /v1/jobs", "GET /v1/jobs/job-1/stream"])
        #expect(
            connection.lastBody == #"{"max_tokens":5,"model":"builtin","operation":"infer","prompt":"hello","seed":-1,"stream":true,"#
                + #""system":"be brief","temperature":0.7}"#)
    }

    @Test func withoutStreamingOnlyTheWholeTextIsPrinted() async {
        let outcome = await fixture(.job(Self.story)).run("infer", "-m", "builtin", "--no-stream", "hello")
        #expect(outcome.output == "Once upon\n")
    }

    @Test func asJSONOneObjectALine() async {
        let outcome = await fixture(.job(Self.story)).run("infer", "-m", "builtin", "--json", "hello")
        #expect(
            outcome.lines == [
                #"{"event":"token","text":"Once "}"#, #"{"event":"token","text":"upon"}"#,
                #"{"event":"result","result":{"done":true,"text":"Once upon","tokens":2}}"#,
            ])
        #expect(outcome.errors.isEmpty)
    }

    @Test func onlyWholeMarkersEndAJob() async {
        let events =
            ["[DONE]", "failed: [ERROR] x", "[CANCELLED]"].map { StreamEvent(name: "token", data: #"{"text":"\#($0) "}"#) }
            + [StreamEvent(data: "and [DONE]"), StreamEvent(name: "later", data: "[DONE]"), StreamEvent(data: "[DONE]")]
        let outcome = await fixture(.job(events)).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .done)
        #expect(outcome.output == "[DONE] failed: [ERROR] x [CANCELLED] \n")
    }

    @Test func aFailedJobIsAFailureWithItsMessage() async {
        let events = [StreamEvent(name: "token", data: #"{"text":"a"}"#), StreamEvent(data: "[ERROR] the worker\u{1B}[2J died")]
        let connection = FakeConnection.job(events)
        let outcome = await fixture(connection).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .failed)
        #expect(outcome.output == "a\n")
        #expect(outcome.errors.contains("error: the worker\\x1b[2J died\n  try: rbee-keeper logs\n"))
        #expect(!connection.requests.contains("DELETE /v1/jobs/job-1"))
    }

    @Test func aJobCancelledElsewhereIsAFailure() async {
        let outcome = await fixture(.job([StreamEvent(data: "[CANCELLED]")])).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .failed && outcome.errors.contains("error: the job was cancelled by somebody else\n"))
    }

    @Test func aRefusedJobTellsTheQueensWords() async {
        let connection = FakeConnection(answer: { _, _, _ in
            DaemonReply(status: 400, body: Array(#"{"error":{"code":"invalid_value","message":"there is no model x"}}"#.utf8))
        })
        let outcome = await fixture(connection).run("infer", "-m", "x", "hello", "--json")
        #expect(outcome.exit == .failed)
        #expect(
            outcome.errors == #"{"error":{"code":"invalid_value","message":"http://127.0.0.1:7833 refused POST /v1/jobs (400): "#
                + #"there is no model x","next":["rbee-keeper logs"]}}"# + "\n")
    }

    /// Refuses jobs so often, as a queen does that is gone or going; then takes them.
    private static func refusing(_ times: Int, with refusal: @escaping @Sendable () throws -> DaemonReply) -> FakeConnection {
        let left = Mutex(times)
        return FakeConnection(
            answer: { _, _, _ in
                let isRefused = left.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if isRefused { return try refusal() }
                return DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/v1/jobs/job-1/stream"}"#.utf8))
            },
            events: { _, _ in
                AsyncThrowingStream { stream in
                    for event in story { stream.yield(event) }
                    stream.finish()
                }
            })
    }

    private static let gone = KeeperError(.notRunning, "queen/default does not run", next: ["rbee-keeper queen start"], exit: .notRunning)

    @Test func aQueenThatIsGoneWhenTheJobComesIsStartedOnceMore() async {
        let connection = Self.refusing(1) { throw Self.gone }
        let fixture = fixture(connection)
        let outcome = await fixture.run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .done && outcome.output == "Once upon\n", "\(outcome.errors)")
        #expect(fixture.daemons?.diary == ["start queen/default", "start queen/default"])
        #expect(connection.requests == ["POST /v1/jobs", "POST /v1/jobs", "GET /v1/jobs/job-1/stream"])
    }

    @Test func aQueenThatDrainsWhenTheJobComesIsWaitedForAndStartedOnceMore() async {
        let connection = Self.refusing(1) {
            DaemonReply(status: 503, body: Array(#"{"error":{"code":"draining","message":"the daemon is draining"}}"#.utf8))
        }
        let outcome = await fixture(connection).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .done && outcome.output == "Once upon\n", "\(outcome.errors)")
    }

    @Test func aQueenThatGoesAgainAndAgainIsSaidNotToRun() async {
        let connection = Self.refusing(2) { throw Self.gone }
        let fixture = fixture(connection)
        let outcome = await fixture.run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .notRunning && outcome.errors.hasSuffix("  try: rbee-keeper queen start\n"))
        #expect(fixture.daemons?.diary.count == 2)
    }

    @Test func aLostStreamGoesOnFromTheLastEvent() async {
        let connection = FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/v1/jobs/job-1/stream"}"#.utf8)) },
            events: { _, lastID in
                AsyncThrowingStream { stream in
                    for event in lastID == "2" ? Self.story[2...] : Self.story[..<2] { stream.yield(event) }
                    stream.finish()
                }
            })
        let outcome = await fixture(connection).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .done && outcome.output == "Once upon\n")
        #expect(connection.requests.last == "GET /v1/jobs/job-1/stream after 2")
    }

    @Test func aStreamThatNeverComesBackIsAFailure() async {
        let connection = FakeConnection.job([])
        let outcome = await fixture(connection).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .failed)
        #expect(outcome.errors.contains("closed the job's stream before its end"))
        #expect(connection.requests.filter { $0.hasPrefix("GET") }.count == 4)
        #expect(connection.requests.last == "DELETE /v1/jobs/job-1")
    }

    @Test func silenceEndsItAndCancelsTheJob() async {
        let clock = ManualClock()
        let connection = FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/s"}"#.utf8)) },
            events: { _, _ in AsyncThrowingStream { $0.yield(StreamEvent(name: "token", data: #"{"text":"a"}"#)) } })
        let fixture = fixture(connection, clock: clock)
        async let running = fixture.run("infer", "-m", "builtin", "hello", "--timeout", "10s")
        await clock.sleepers(1)
        clock.advance(by: .seconds(11))
        let outcome = await running
        #expect(outcome.exit == .timedOut)
        #expect(outcome.output == "a\n")
        #expect(outcome.errors.contains("error: the job said nothing for 10.0 s and was cancelled\n"))
        #expect(connection.requests.last == "DELETE /v1/jobs/job-1")
    }

    @Test func eventsKeepItGoing() async {
        let clock = ManualClock()
        let (events, feed) = AsyncThrowingStream.makeStream(of: StreamEvent.self, throwing: (any Error).self)
        let connection = FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/s"}"#.utf8)) },
            events: { _, _ in events })
        let sink = MemorySink()
        let fixture = fixture(connection, clock: clock, results: sink)
        async let running = fixture.run("infer", "-m", "builtin", "hello", "--timeout", "10s")
        for index in 0..<5 {
            await clock.sleepers(1)
            clock.advance(by: .seconds(6))
            feed.yield(StreamEvent(name: "token", data: #"{"text":"\#(index)"}"#))
            while !sink.text.hasSuffix("\(index)") { await Task.yield() }
        }
        feed.yield(StreamEvent(data: "[DONE]"))
        feed.finish()
        let outcome = await running
        #expect(outcome.exit == .done && outcome.output == "01234\n")
    }

    @Test func controlCCancelsTheJob() async {
        let connection = FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/s"}"#.utf8)) },
            events: { _, _ in AsyncThrowingStream { $0.yield(StreamEvent(name: "token", data: #"{"text":"a"}"#)) } })
        let clock = ManualClock()
        let fixture = fixture(connection, clock: clock)
        async let running = fixture.run("infer", "-m", "builtin", "hello")
        await clock.sleepers(1)
        while fixture.results.text.isEmpty { await Task.yield() }
        fixture.interrupts.interrupt()
        let outcome = await running
        #expect(outcome.exit == .interrupted)
        #expect(outcome.errors.hasSuffix("error: interrupted; the job was cancelled\n"))
        #expect(connection.requests.last == "DELETE /v1/jobs/job-1")
        #expect(!fixture.interrupts.isWatched)
    }

    @Test func aClosedPipeCancelsTheJobQuietly() async {
        let connection = FakeConnection.job(Self.story)
        let outcome = await fixture(connection, results: MemorySink(failingWith: .closed, after: 5)).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .outputClosed)
        #expect(outcome.output == "Once ")
        #expect(!outcome.errors.contains("error"))
        #expect(connection.requests.last == "DELETE /v1/jobs/job-1")
    }

    @Test func theQueenIsStartedFirst() async {
        let daemons = FakeDaemons(connections: ["queen/default": .job(Self.story)])
        _ = await KeeperFixture(daemons: daemons).run("infer", "-m", "builtin", "hello")
        #expect(daemons.diary == ["start queen/default"])
        let failing = FakeDaemons()
        failing.fail("start queen/default", with: KeeperError(.failed, "port 7833 is taken by nginx (pid 4)"))
        let outcome = await KeeperFixture(daemons: failing).run("infer", "-m", "builtin", "hello")
        #expect(outcome.exit == .failed && outcome.errors.contains("error: port 7833 is taken by nginx (pid 4)\n"))
    }

    @Test func thePromptMayComeFromStandardInput() async {
        let connection = FakeConnection.job(Self.story)
        var fixture = fixture(connection)
        fixture.input = "from a pipe\n"
        _ = await fixture.run("infer", "-m", "builtin", "-")
        #expect(connection.lastBody.contains(#""prompt":"from a pipe\n""#))
        var empty = self.fixture(connection)
        empty.input = ""
        let outcome = await empty.run("infer", "-m", "builtin", "-")
        #expect(outcome.exit == .usage && outcome.errors.hasPrefix("error: the prompt is empty\n"))
    }

    @Test func theConfiguredModelAnswersWhenNoneIsNamed() async {
        let connection = FakeConnection.job(Self.story)
        var fixture = fixture(connection)
        fixture.settings = FakeSettings(model: "tiny")
        let outcome = await fixture.run("infer", "hello")
        #expect(outcome.exit == .done, "\(outcome.errors)")
        #expect(connection.lastBody.contains(#""model":"tiny""#))
        let none = await KeeperFixture(settings: FakeSettings()).run("infer", "hello")
        #expect(none.exit == .usage && none.errors.hasPrefix("error: --model is missing"))
        let empty = await KeeperFixture().run("infer", "--model", "", "hello")
        #expect(empty.exit == .usage && empty.errors.hasPrefix("error: --model ''"))
    }

    @Test(arguments: [(Int32(1), Int32(129)), (15, 143)])
    func otherSignalsCancelTheJobToo(_ signal: Int32, _ exit: Int32) async {
        let connection = FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/s"}"#.utf8)) },
            events: { _, _ in AsyncThrowingStream { $0.yield(StreamEvent(name: "token", data: #"{"text":"a"}"#)) } })
        let clock = ManualClock()
        let fixture = fixture(connection, clock: clock)
        async let running = fixture.run("infer", "-m", "builtin", "hello", "--timeout", "0")
        await clock.sleepers(1)
        // --timeout 0 waits for ever.
        clock.advance(by: .seconds(3600))
        while fixture.results.text.isEmpty { await Task.yield() }
        fixture.interrupts.interrupt(signal)
        #expect(await running.exit.rawValue == exit)
        #expect(connection.requests.last == "DELETE /v1/jobs/job-1")
    }
}
