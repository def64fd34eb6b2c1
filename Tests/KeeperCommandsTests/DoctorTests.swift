import DaemonContract
import Glibc
import KeeperCommands
import Platform
import Testing

@Suite struct DoctorTests {
    private let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    private func doctor(
        _ arguments: String..., daemons: FakeDaemons = FakeDaemons(), probes: FakeProbes = FakeProbes(),
        settings: FakeSettings = FakeSettings()
    ) async -> KeeperFixture.Outcome {
        let fixture = KeeperFixture(daemons: daemons, settings: settings, probes: probes, home: home.home)
        return await fixture.run(["doctor"] + arguments)
    }

    @Test func aHomeThatWasNeverUsedIsWell() async {
        let outcome = await doctor()
        #expect(outcome.exit == .done)
        #expect(outcome.lines.last == "all is well")
        #expect(outcome.output.contains("ok  queen-rbee    /bin/queen-rbee is version 0.1.0"))
        #expect(outcome.output.contains("ok  port 7833     is free for the queen"))
        #expect(!home.exists("run"), "looking makes nothing")
    }

    @Test func jsonHasLevelSubjectMessageNext() async {
        let outcome = await doctor("--json", settings: FakeSettings(problems: [SettingProblem("c.yaml:3: queen.port: bad")]))
        #expect(outcome.exit == .failed)
        #expect(outcome.output.hasPrefix(#"{"checks":[{"level":"ok","message":"#))
        #expect(
            outcome.output.hasSuffix(
                #"{"level":"fail","message":"c.yaml:3: queen.port: bad","next":"rbee-keeper config list","subject":"config"}],"ok":false}"#
                    + "\n"))
    }

    @Test func directoriesThatOthersCanEnter() async throws {
        try home.write("run/x", "")
        chmod("\(home.root)/run", 0o755)
        let outcome = await doctor()
        #expect(outcome.exit == .failed)
        #expect(outcome.output.contains("fail  run           \(home.root)/run has mode 755, but must be 700"))
        #expect(outcome.output.contains("try: chmod 700 '\(home.root)/run'"))
    }

    @Test func aTokenThatOthersCanRead() async throws {
        try home.write("run/token", "x", mode: 0o644)
        let outcome = await doctor()
        #expect(outcome.exit == .failed && outcome.output.contains("try: chmod 600 '\(home.root)/run/token'"))
    }

    @Test func corruptFilesAreNamedAndSetAsideOnlyWhenAsked() async throws {
        try home.write("run/queen/default.lock", "")
        try home.write("run/queen/default.json", "{ no json")
        try home.write("run/handles/queen-default.keeper.json", "[]")
        let look = await doctor()
        #expect(look.exit == .done)
        #expect(look.output.contains("\(home.root)/run/queen/default.json is corrupt"))
        #expect(look.output.contains("\(home.root)/run/handles/queen-default.keeper.json is corrupt"))
        #expect(look.output.contains("try: rbee-keeper doctor --fix"))
        #expect(home.exists("run/queen/default.json"))
        let fixed = await doctor("--fix", daemons: FakeDaemons(home: home.home))
        #expect(fixed.exit == .done)
        #expect(fixed.output.contains("it was set aside as default.json.corrupt-1"))
        #expect(!home.exists("run/queen/default.json") && home.exists("run/queen/default.json.corrupt-1"))
        #expect(!home.exists("run/handles/queen-default.keeper.json"))
        #expect(await doctor().lines.last == "all is well")
    }

    @Test func whatAKilledDaemonLeftIsRemovedOnlyWhenAsked() async throws {
        try home.write("run/hive/localhost.lock", "")
        let record = DaemonRecord(
            kind: .hive, instance: "localhost", nonce: String(repeating: "a", count: 32), pid: 4, startTicks: 1, bootID: "b",
            pidNamespace: 1,
            state: .ready, socket: "s", buildID: "b", ttlSecs: 0, graceMs: 0, startedAt: 1)
        try home.write("run/hive/localhost.json", ContractJSON.encodeText(record))
        let look = await doctor()
        #expect(look.exit == .done && look.output.contains("warn  hive/localhost  does not run, and its record is left: it was killed"))
        let fixed = await doctor("--fix")
        #expect(fixed.output.contains("did not run; its record was removed"))
        #expect(!home.exists("run/hive/localhost.json") && home.exists("run/hive/localhost.lock"))
    }

    @Test func whatAFailedStartLeft() async throws {
        try home.write("run/worker/x-1.lock", "")
        let end = LastEnd(nonce: String(repeating: "a", count: 32), pid: 4, exit: 64, output: "no such model", endedAt: 1)
        try home.write("run/worker/x-1.last.json", ContractJSON.encodeText(end))
        let look = await doctor()
        #expect(look.exit == .done && look.output.contains("does not run, and its note of a failed start is left"))
        #expect(await doctor("--fix").exit == .done)
        #expect(!home.exists("run/worker/x-1.last.json") && home.exists("run/worker/x-1.lock"))
        #expect(await doctor().lines.last == "all is well")
    }

    @Test func aDirectoryOfProgramsThatCannotBeUsed() async {
        for path in ["bin", "/nowhere/at/all"] {
            let fixture = KeeperFixture(
                daemons: FakeDaemons(), settings: FakeSettings(), probes: FakeProbes(), home: home.home, environment: ["RBEE_BIN_DIR": path]
            )
            let outcome = await fixture.run("doctor")
            #expect(outcome.exit == .done && outcome.output.contains("RBEE_BIN_DIR") && outcome.output.contains("\(path) is "))
        }
    }

    @Test func locksAgainstRecords() async throws {
        try home.write("run/queen/default.lock", "")
        let directory = try #require(try RunDirectory.open("\(home.root)/run/queen", create: false))
        let lock = try #require(try FileLock.acquire(in: directory, name: "default.lock"))
        let unsaid = await doctor()
        let who = "its lock is held by process \(getpid()) ("
        #expect(unsaid.output.contains(who) && unsaid.output.contains(", which has not said who it is (yet)"), "\(unsaid.output)")
        let nonce = Nonce()
        try lock.writeLine(LockLine(try ProcessIdentity.current(), nonce: nonce))
        #expect(await doctor().output.contains("process \(getpid()) holds its lock and has written no record (yet)"))
        func record(_ nonce: String) throws -> String {
            try ContractJSON.encodeText(
                DaemonRecord(
                    kind: .queen, instance: "default", nonce: nonce, pid: getpid(), startTicks: 1, bootID: "b", pidNamespace: 1,
                    state: .ready,
                    socket: "s", buildID: "b", ttlSecs: 0, graceMs: 0, startedAt: 1))
        }
        try home.write("run/queen/default.json", record(Nonce().text))
        #expect(await doctor().output.contains("its record is of an earlier process; process \(getpid()) runs now"))
        try home.write("run/queen/default.json", record(nonce.text))
        #expect(await doctor().output.contains("its socket is missing"))
        try home.write("run/queen/default.sock", "")
        let obstacle = await doctor()
        #expect(obstacle.exit == .failed)
        #expect(obstacle.output.contains("runs and cannot be reached: a file stands in the place of its socket"))
        #expect(obstacle.output.contains("try: rm -r '\(home.root)/run/queen/default.sock'"))
        try directory.remove("default.sock")
        let socket = try directory.bindSocket("default.sock")
        defer { socket.descriptor.close() }
        #expect(await doctor().output.contains("ok  queen/default  lock, record and socket agree on process \(getpid())"))
        try home.write("run/queen/default.lock", "what is this?\n")
        let corrupt = await doctor()
        #expect(corrupt.output.contains(who) && corrupt.output.contains("kill \(getpid())"), "\(corrupt.output)")
        lock.release()
    }

    @Test func portsAndWhoHoldsThem() async {
        let nginx = FakeProbes(holders: [7833: PortOccupant(pid: 4, description: "process 4 (nginx)")])
        let taken = await doctor(probes: nginx)
        #expect(taken.exit == .failed)
        #expect(
            taken.output.contains(
                "fail  port 7833     is held by process 4 (nginx), so the queen cannot use it\n      try: rbee-keeper config set queen.port 0"
            ))
        let elsewhere = await doctor(daemons: FakeDaemons([.running(.queen, "default", pid: 9, port: 4000)]), probes: nginx)
        #expect(elsewhere.exit == .done && elsewhere.output.contains("warn  port 7833"))
        let ours = await doctor(daemons: FakeDaemons([.running(.queen, "default", pid: 4)]), probes: nginx)
        #expect(ours.output.contains("is served by queen/default"))
    }

    @Test func programsAndVersions() async {
        let missing = await doctor(daemons: FakeDaemons(isInstalled: false))
        #expect(missing.exit == .failed)
        #expect(missing.output.contains("rbee-launch   was not found; looked in /a, /b"))
        #expect(missing.output.contains("try: rbee-keeper queen install PATH"))
        let old = await doctor(probes: FakeProbes(version: "queen-rbee 0.0.9"))
        #expect(old.exit == .done && old.output.contains("/bin/queen-rbee says 'queen-rbee 0.0.9', this keeper is 0.1.0"))
    }

    @Test func daemonsThatAreNotWell() async {
        let silent = await doctor(daemons: FakeDaemons([.running(.hive, "localhost", state: .silent)]))
        #expect(silent.exit == .failed && silent.output.contains("runs and does not answer\n      try: rbee-keeper hive restart"))
        let failed = await doctor(
            daemons: FakeDaemons([DaemonStatusRow(kind: .worker, instance: "a", state: .failed, reason: "5 starts in 60 s")]))
        #expect(failed.exit == .failed && failed.output.contains("worker/a      failed: 5 starts in 60 s"))
    }

    @Test func aHomeThatIsNone() async {
        let relative = KeeperFixture(
            daemons: FakeDaemons(), settings: FakeSettings(), probes: FakeProbes(), home: RbeeHome(root: "relative"))
        let outcome = await relative.run("doctor")
        #expect(outcome.exit == .failed && outcome.output.contains("is not an absolute path"))
    }
}
