import DaemonContract
import KeeperCommands
import Testing

@Suite struct StatusCommandTests {
    @Test func jsonIsTheContractsOwn() async {
        let daemons = FakeDaemons([
            .running(.queen, "default"),
            DaemonStatusRow(kind: .hive, instance: "localhost", state: .stale, owner: "keeper", reason: "it was killed by signal 9"),
        ])
        let outcome = await KeeperFixture(daemons: daemons).run("status", "--json")
        #expect(
            outcome.output == #"{"daemons":["#
                + #"{"base_url":"http://127.0.0.1:7833","instance":"default","kind":"queen","owned":true,"owner":"keeper","pid":100,"#
                + #""state":"ready","uptime_secs":200,"version":"0.1.0"},"#
                + #"{"instance":"localhost","kind":"hive","owned":false,"owner":"keeper","reason":"it was killed by signal 9","state":"stale"}"#
                + "]}\n")
        #expect(outcome.exit == .notRunning)
        #expect(daemons.diary.isEmpty)
    }

    @Test func theTableIsForPeople() async {
        let daemons = FakeDaemons([
            .running(.worker, "tiny-1", pid: 7, owner: "hive/localhost", port: 40001), .running(.queen, "default"),
            .running(.hive, "localhost", state: .starting, port: 7835),
        ])
        let outcome = await KeeperFixture(daemons: daemons).run("status")
        #expect(
            outcome.lines == [
                "DAEMON          STATE     PID  URL                     VERSION  UPTIME  OWNER           REASON",
                "queen/default   ready     100  http://127.0.0.1:7833   0.1.0    3m 20s  keeper",
                "hive/localhost  starting  100  http://127.0.0.1:7835   0.1.0    3m 20s  keeper",
                "worker/tiny-1   ready     7    http://127.0.0.1:40001  0.1.0    3m 20s  hive/localhost",
            ])
        #expect(outcome.exit == .done)
        #expect(outcome.errors.isEmpty)
    }

    @Test func queenAndHiveAreShownAlsoWhenTheyAreStopped() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("status")
        #expect(outcome.exit == .notRunning)
        #expect(outcome.lines.dropFirst().map { $0.prefix(23) } == ["queen/default   stopped", "hive/localhost  stopped"])
        #expect(outcome.errors == "nothing runs; 'rbee-keeper up' starts queen and hive\n")
    }

    @Test(arguments: [
        (DaemonState.ready, ExitCode.done), (.starting, .done), (.degraded, .done), (.draining, .done), (.silent, .timedOut),
        (.unknown("sleepy"), .done), (.stopped, .notRunning), (.stale, .notRunning), (.failed, .notRunning), (.backoff, .notRunning),
    ])
    func theExitCodeTellsTheStateOfOne(_ state: DaemonState, _ exit: ExitCode) async {
        let daemons = FakeDaemons([.running(.queen, "default", state: state)])
        #expect(await KeeperFixture(daemons: daemons).run("status", "queen", "--json").exit == exit)
        #expect(await KeeperFixture(daemons: daemons).run("queen", "status", "-q").exit == exit)
    }

    @Test func namedDaemonsOnly() async {
        let daemons = FakeDaemons([.running(.queen, "default"), .running(.worker, "a"), .running(.worker, "b")])
        let one = await KeeperFixture(daemons: daemons).run("status", "worker/b")
        #expect(one.lines.count == 2 && one.output.contains("worker/b"))
        let all = await KeeperFixture(daemons: daemons).run("worker", "status")
        #expect(all.lines.count == 3)
        let absent = await KeeperFixture(daemons: daemons).run("status", "hive/other")
        #expect(absent.exit == .notRunning && absent.output.contains("hive/other"))
        let wrong = await KeeperFixture(daemons: daemons).run("hive", "status", "worker/b")
        #expect(wrong.exit == .usage && wrong.errors.hasPrefix("error: worker/b is no hive\n"))
    }

    @Test func listShowsWhatRunsAndAlwaysSucceeds() async {
        let daemons = FakeDaemons([.running(.queen, "default"), DaemonStatusRow(kind: .worker, instance: "x", state: .failed)])
        let some = await KeeperFixture(daemons: daemons).run("list")
        #expect(some.exit == .done && some.lines.count == 2)
        let all = await KeeperFixture(daemons: daemons).run("list", "--all")
        #expect(all.exit == .done && all.lines.count == 3)
        let none = await KeeperFixture(daemons: FakeDaemons()).run("list")
        #expect(none.output == "no daemon runs\n")
        let json = await KeeperFixture(daemons: FakeDaemons()).run("list", "--json")
        #expect(json.output == #"{"daemons":[]}"# + "\n")
    }

    @Test func aNameThatTakesOverTheTerminalDoesNot() async {
        let row = DaemonStatusRow(
            kind: .queen, instance: "default", state: .ready, owner: "\u{1B}[2Jme", reason: "a\u{07}\nb\u{202E}")
        let outcome = await KeeperFixture(daemons: FakeDaemons([row])).run("status", "queen")
        #expect(outcome.lines.count == 2)
        #expect(outcome.output.contains(#"\x1b[2Jme"#) && outcome.output.contains(#"a\x07\nb\u202e"#))
    }
}
