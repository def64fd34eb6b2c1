import DaemonContract
import DaemonLifecycle
import KeeperCommands
import Platform
import Testing

@Suite struct ErrorTests {
    @Test(arguments: [
        (LifecycleError.Code.notRunning, ExitCode.notRunning), (.timedOut, .timedOut), (.silent, .timedOut), (.cancelled, .interrupted),
        (.invalidArgument, .usage), (.binaryNotFound, .failed), (.launchFailed, .failed), (.startFailed, .failed), (.foreign, .failed),
        (.unreachable, .failed), (.refused, .failed), (.survivors, .failed), (.identityMismatch, .failed), (.notOwner, .failed),
        (.fileSystem, .failed), (.inconsistent, .failed),
    ])
    func everyFailureOfTheLifecycleHasItsExitCodeAndHelp(_ code: LifecycleError.Code, _ exit: ExitCode) {
        let error = KeeperError(from: LifecycleError(code, "something went wrong", daemon: "queen/default"))
        #expect(error.exit == exit)
        #expect(error.code.rawValue == code.description)
        #expect(error.message == "something went wrong")
        #expect(!error.next.isEmpty)
    }

    /// Programs read the commands from the list, whatever the message says.
    @Test func whatNamesACommandItselfListsItToo() {
        let error = KeeperError(from: LifecycleError(.notRunning, "start it with: rbee-keeper queen start", daemon: "queen/default"))
        #expect(error.next.first == "rbee-keeper queen start")
    }

    @Test func aStartThatFailedLeadsToItsOutput() {
        let error = KeeperError(from: LifecycleError(.startFailed, "exited with status 7", daemon: "worker/a", end: .exited(7)))
        #expect(error.next.first == "rbee-keeper worker logs a --streams")
        let lost = KeeperError(from: LifecycleError(.startFailed, "exited with status 75", daemon: "queen/default", end: .exited(75)))
        #expect(lost.exit == .lostRace)
        let taken = KeeperError(
            from: LifecycleError(
                .startFailed, "cannot listen on 127.0.0.1:7833: the port is taken by process 4 (nginx)", daemon: "queen/default"))
        #expect(taken.next == ["rbee-keeper queen start --port 0", "rbee-keeper doctor"])
    }

    @Test func othersToo() {
        #expect(KeeperError(from: CancellationError()).exit == .interrupted)
        #expect(
            KeeperError(from: UsageError("no", suggestions: ["rbee-keeper up"], path: ["queen"])).next == [
                "rbee-keeper up", "rbee-keeper queen --help",
            ])
        #expect(KeeperError(from: SystemError(errno: 13, "open", path: "/x")).message == "cannot open /x: Permission denied (EACCES)")
        let running = InstallError(.running, "process 4 runs it", path: "/bin/rbee-hive", pid: 4)
        #expect(KeeperError(from: running).next == ["rbee-keeper hive stop"])
        #expect(KeeperError(from: OutputError.closed).exit == .outputClosed)
        struct Odd: Error {}
        #expect(KeeperError(from: Odd()).exit == .failed)
    }

    /// Every way a command can fail before it reaches a daemon says what is wrong and which command helps.
    @Test(arguments: [
        ["frobnicate"], ["queen"], ["queen", "frob"], ["queen", "start", "--frob"], ["queen", "start", "--port", "many"],
        ["queen", "start", "--port"],
        ["queen", "start", "a/b/c"], ["queen", "stop", "worker/x"], ["worker", "start"], ["worker", "spawn"], ["worker", "restart", "x"],
        ["infer", "x"], ["infer", "--model", "m"], ["infer", "--model", "m", ""], ["ping", "hive"], ["ping", "worker"], ["ping", "castle"],
        ["logs", "worker/none"], ["status", "castle"], ["config"], ["config", "get", "x"], ["config", "get"], ["help", "castle"],
        ["keep-alive"], [],
    ])
    func errorsHelp(_ line: [String]) async throws {
        let fixture = KeeperFixture(daemons: FakeDaemons(), settings: FakeSettings(), home: RbeeHome(root: "/nowhere"))
        let outcome = await fixture.run(line)
        #expect(outcome.exit != .done, "\(line)")
        #expect(outcome.output.isEmpty, "\(line)")
        #expect(outcome.errors.hasPrefix("error: "), "\(line)")
        #expect(outcome.errors.contains("\n  try: "), "\(line): \(outcome.errors)")
    }
}
