import DaemonContract
import Glibc
import KeeperCommands
import Synchronization
import Testing

@Suite struct PingCommandTests {
    @Test func pingTellsHowLongItTook() async {
        let connection = FakeConnection(answer: { method, path, _ in
            #expect(method == .post && path == "/v1/ping")
            return DaemonReply(status: 200, body: Array(#"{"status":"ok","ttl_remaining_secs":300}"#.utf8))
        })
        let daemons = FakeDaemons(connections: ["worker/a": connection])
        let text = await KeeperFixture(daemons: daemons).run("ping", "worker/a")
        #expect(text.exit == .done && text.output == "worker/a answered in 0.0 ms, stays 300.0 s without further use\n")
        let json = await KeeperFixture(daemons: daemons).run("ping", "worker/a", "--json")
        #expect(json.output == #"{"instance":"a","kind":"worker","latency_ms":0,"status":"ok","ttl_remaining_secs":300}"# + "\n")
    }

    @Test func whatDoesNotRunCannotBePinged() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("ping")
        #expect(outcome.exit == .notRunning)
        #expect(outcome.errors == "error: queen/default does not run\n  try: rbee-keeper queen start\n")
        let worker = await KeeperFixture(daemons: FakeDaemons()).run("ping", "worker")
        #expect(worker.exit == .notRunning && worker.errors.hasPrefix("error: there is no worker\n"))
    }

    @Test func anAnswerThatIsNoneIsAFailure() async {
        let connection = FakeConnection(answer: { _, _, _ in DaemonReply(status: 200, body: Array("<html>".utf8)) })
        let outcome = await KeeperFixture(daemons: FakeDaemons(connections: ["queen/default": connection])).run("ping")
        #expect(outcome.exit == .failed && outcome.errors.contains("answered POST /v1/ping with something else than expected"))
    }
}

@Suite struct KeepAliveCommandTests {
    private func leasing() -> FakeConnection {
        FakeConnection(answer: { method, _, _ in
            switch method {
            case .post, .put:
                DaemonReply(status: 200, body: Array(#"{"id":"l1","holder":"me","duration_secs":60,"expires_in_secs":60}"#.utf8))
            case .get, .delete: DaemonReply(status: 204, body: [])
            }
        })
    }

    @Test func holdsRenewsAndGivesBack() async {
        let connection = leasing()
        let daemons = FakeDaemons([.running(.queen, "default")], connections: ["queen/default": connection])
        let outcome = await KeeperFixture(daemons: daemons, clock: ManualClock(isEager: true))
            .run("keep-alive", "--for", "50s", "--holder", "me")
        #expect(outcome.exit == .done)
        #expect(
            connection.requests == [
                "POST /v1/leases", "PUT /v1/leases/l1", "PUT /v1/leases/l1", "PUT /v1/leases/l1", "DELETE /v1/leases/l1",
            ])
        #expect(daemons.diary.isEmpty)
    }

    @Test func aDaemonThatGoesAwayIsAFailure() async {
        let connection = FakeConnection(answer: { method, _, _ in
            guard method != .put else { throw KeeperError(.notRunning, "queen/default does not run", exit: .notRunning) }
            return DaemonReply(
                status: 200, body: Array(#"{"id":"l1","holder":"me","duration_secs":60,"expires_in_secs":60}"#.utf8))
        })
        let daemons = FakeDaemons([.running(.queen, "default")], connections: ["queen/default": connection])
        let outcome = await KeeperFixture(daemons: daemons, clock: ManualClock(isEager: true)).run("keep-alive", "queen")
        #expect(outcome.exit == .failed)
        #expect(
            outcome.errors.contains("error: queen/default went away: queen/default does not run\n  try: rbee-keeper status queen/default\n")
        )
    }

    @Test func controlCGivesTheLeaseBack() async {
        let connection = leasing()
        let clock = ManualClock()
        let fixture = KeeperFixture(
            daemons: FakeDaemons([.running(.queen, "default")], connections: ["queen/default": connection]), clock: clock)
        async let running = fixture.run("keep-alive", "queen")
        await clock.sleepers(1)
        fixture.interrupts.interrupt()
        #expect(await running.exit == .interrupted)
        #expect(connection.requests == ["POST /v1/leases", "DELETE /v1/leases/l1"])
    }

    @Test func nothingToKeepAlive() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("keep-alive")
        #expect(outcome.exit == .notRunning)
    }
}

@Suite struct ConfigCommandTests {
    @Test func getShowsTheValueInForce() async {
        let text = await KeeperFixture(settings: FakeSettings()).run("config", "get", "hive.port")
        #expect(text.output == "7900\n")
        let json = await KeeperFixture(settings: FakeSettings()).run("config", "get", "hive.port", "--json")
        #expect(
            json.output
                == #"{"key":"hive.port","place":"RBEE_HIVE_PORT","source":"environment","summary":"the hive's TCP port","value":"7900"}"#
                + "\n")
    }

    @Test func anUnknownKeyGetsASuggestion() async {
        let outcome = await KeeperFixture(settings: FakeSettings()).run("config", "get", "queen.prot")
        #expect(outcome.exit == .usage)
        #expect(
            outcome.errors
                == "error: there is no key 'queen.prot'\n  try: rbee-keeper config get queen.port\n  try: rbee-keeper config list\n")
    }

    @Test func setWritesAndShows() async {
        let settings = FakeSettings()
        let outcome = await KeeperFixture(settings: settings).run("config", "set", "queen.port", "7900")
        #expect(outcome.exit == .done && outcome.output == "7900\n")
        let overridden = await KeeperFixture(settings: settings).run("config", "set", "hive.port", "1")
        #expect(overridden.errors.contains("warning: RBEE_HIVE_PORT overrides what was written to /home/u/.config/rbee/config.yaml"))
    }

    @Test func listAndPath() async {
        let outcome = await KeeperFixture(settings: FakeSettings(problems: [SettingProblem("config.yaml:3: bad")])).run("config", "list")
        #expect(
            outcome.lines == [
                "KEY         VALUE  FROM            WHAT IT IS", "queen.port  7833   default         the queen's TCP port",
                "hive.port   7900   RBEE_HIVE_PORT  the hive's TCP port",
            ])
        #expect(outcome.errors == "warning: config.yaml:3: bad\n")
        let path = await KeeperFixture(settings: FakeSettings()).run("config", "path")
        #expect(path.output == "/home/u/.config/rbee/config.yaml\n")
    }
}

@Suite struct InstallCommandTests {
    @Test func installHandsOverWhatWasTyped() async {
        let installer = FakeInstaller()
        let outcome = await KeeperFixture(daemons: FakeDaemons(), installer: installer).run(
            "queen", "install", "/b/queen-rbee", "--dir", "/opt/bin")
        #expect(outcome.exit == .done && outcome.output == "installed /opt/bin/queen-rbee\n")
        #expect(
            installer.configs.withLock { $0 } == [
                InstallConfig(binaryName: "queen-rbee", binaryPath: "/b/queen-rbee", targetPath: "/opt/bin")
            ])
    }

    @Test func installSaysWhatARunningDaemonGoesOnWith() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons([.running(.hive, "localhost")]), installer: FakeInstaller())
            .run("hive", "install", "--json")
        #expect(
            outcome.output == #"{"binary_path":"/home/u/.local/bin/rbee-hive","found_in_target":false,"install_time":1760000000}"# + "\n")
    }

    @Test func uninstallRefusesWhileItRuns() async throws {
        let home = try TemporaryHome()
        try home.write("rbee-worker", "")
        let installer = FakeInstaller()
        // Without a process to look at, what is installed counts as what runs.
        let row = DaemonStatusRow(kind: .worker, instance: "a", state: .ready)
        let outcome = await KeeperFixture(daemons: FakeDaemons([row]), installer: installer).run("worker", "uninstall", "--dir", home.root)
        #expect(outcome.exit == .failed)
        #expect(outcome.errors == "error: rbee-worker was not removed: worker/a is still running\n  try: rbee-keeper worker stop a\n")
        #expect(installer.removals.withLock { $0.isEmpty })
    }

    @Test func aDaemonThatRunsFromElsewhereIsNoObstacle() async throws {
        let home = try TemporaryHome()
        try home.write("rbee-worker", "")
        let elsewhere = FakeDaemons([.running(.worker, "a", pid: getpid())])
        let other = await KeeperFixture(daemons: elsewhere, installer: FakeInstaller()).run("worker", "uninstall", "--dir", home.root)
        #expect(other.exit == .done)
        let none = await KeeperFixture(daemons: elsewhere, installer: FakeInstaller(isInstalled: false))
            .run("worker", "uninstall", "--dir", "/nowhere")
        #expect(none.exit == .done && none.output == "/nowhere/rbee-worker was not installed\n")
    }

    @Test func uninstallingWhatIsNotInstalledIsFine() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons(), installer: FakeInstaller(isInstalled: false)).run("queen", "uninstall")
        #expect(outcome.exit == .done && outcome.output == "/home/u/.local/bin/queen-rbee was not installed\n")
        let json = await KeeperFixture(daemons: FakeDaemons(), installer: FakeInstaller()).run("queen", "uninstall", "--json")
        #expect(json.output == #"{"binary_path":"/home/u/.local/bin/queen-rbee","removed":true}"# + "\n")
    }
}

@Suite struct WorkerCommandTests {
    @Test func spawnAsksTheHive() async {
        let connection = FakeConnection.job([
            StreamEvent(name: "narration", data: #"{"actor":"hive","action":"spawn","human":"starts tiny-1"}"#),
            StreamEvent(name: "result", data: #"{"worker_id":"tiny-1","port":40000,"pid":12,"status":"ready"}"#),
            StreamEvent(data: "[DONE]"),
        ])
        let daemons = FakeDaemons(connections: ["hive/localhost": connection])
        let outcome = await KeeperFixture(daemons: daemons).run("worker", "spawn", "tiny-1", "--model", "tiny", "--ttl", "1m")
        #expect(outcome.exit == .done && outcome.output == "worker/tiny-1 started on port 40000 (pid 12)\n")
        #expect(daemons.diary == ["start queen/default", "start hive/localhost"])
        #expect(
            connection.lastBody
                == #"{"device":0,"hive_id":"localhost","instance":"tiny-1","model":"tiny","operation":"worker_spawn","ttl_secs":60,"worker":"cpu"}"#
        )
    }

    @Test func aSpawnThatFailsIsAFailure() async {
        let connection = FakeConnection.job([StreamEvent(data: "[ERROR] no such model")])
        let outcome = await KeeperFixture(daemons: FakeDaemons(connections: ["hive/localhost": connection])).run(
            "worker", "spawn", "-m", "x")
        #expect(outcome.exit == .failed && outcome.errors.contains("error: no such model\n"))
    }
}
