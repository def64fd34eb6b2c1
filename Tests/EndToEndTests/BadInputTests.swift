import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// What goes wrong, said so that it helps.
@Suite struct BadInputTests {
    @Test func aPortThatAStrangerHolds() async throws {
        try await KeeperHome.with { home in
            let stranger = try Stranger()
            let began = ContinuousClock.now
            let outcome = try await home.run("queen", "start", "--port", "\(stranger.port)")
            #expect(outcome.exit == 1)
            #expect(outcome.errors.contains("\(stranger.port)") && outcome.errors.contains("\(getpid())"), "\(outcome.errors)")
            #expect(ContinuousClock.now - began < .seconds(20), "not after the whole start budget")
            let row = try await home.row("queen")
            #expect(row.pid == nil && !row.state.isRunning, "the stranger is not adopted")
            let doctor = try await home.run("doctor", environment: ["RBEE_QUEEN_PORT": "\(stranger.port)"])
            #expect(doctor.exit == 1 && doctor.output.contains("port \(stranger.port)") && doctor.output.contains("process \(getpid())"))
        }
    }

    @Test func binariesThatCannotBeStarted() async throws {
        try await KeeperHome.with { home in
            let missing = try await home.run("queen", "start", "--port", "0", "--binary", "/nowhere/queen-rbee")
            #expect(missing.exit == 1 && missing.errors.contains("/nowhere/queen-rbee does not exist"), "\(missing.errors)")
            let plain = try home.write("plain", "x", mode: 0o644)
            let refused = try await home.run("queen", "start", "--binary", plain)
            #expect(refused.exit == 1 && refused.errors.contains("is not executable (mode 644)"), "\(refused.errors)")
            let crash = try home.write("crash", "#!/bin/sh\necho the disk is full >&2\nexit 7\n", mode: 0o755)
            let crashed = try await home.run("queen", "start", "--binary", crash)
            #expect(crashed.exit == 1)
            #expect(crashed.errors.contains("exited with status 7") && crashed.errors.contains("the disk is full"), "\(crashed.errors)")
            let killed = try home.write("killed", "#!/bin/sh\nkill -SEGV $$\n", mode: 0o755)
            let signalled = try await home.run("queen", "start", "--binary", killed)
            #expect(signalled.exit == 1 && signalled.errors.contains("signal 11"), "\(signalled.errors)")
            #expect(try await home.run("status", "queen").exit == 3)
        }
    }

    @Test func noBinaryAtAll() async throws {
        try await KeeperHome.with { home in
            let empty = "\(home.path)/empty"
            mkdir(empty, 0o700)
            // A keeper alone in its directory finds neither launcher nor daemons.
            let alone = "\(empty)/rbee-keeper"
            link(home.keeper, alone)
            let keeper = access(alone, X_OK) == 0 ? alone : home.keeper
            let outcome = try await KeeperProcess(
                keeper, ["queen", "start"], environment: home.environment(["RBEE_BIN_DIR": "/nowhere"])
            ).finish()
            guard keeper == alone else { return }
            #expect(outcome.exit == 1)
            #expect(outcome.errors.contains("/nowhere/") && outcome.errors.contains("\(home.path)/bin/"), "\(outcome.errors)")
        }
    }

    @Test func aDaemonThatNeverAnswers() async throws {
        try await KeeperHome.with { home in
            let mute = try home.write("mute", "#!/bin/sh\nexec sleep 600\n", mode: 0o755)
            let outcome = try await home.run("queen", "start", "--binary", mute, "--timeout", "700ms")
            #expect(outcome.exit == 4, "\(outcome.errors)")
            #expect(outcome.errors.contains("not ready"), "\(outcome.errors)")
            #expect(!home.processes().contains { $0.name == "sleep" }, "what did not start is stopped")
        }
    }

    @Test func corruptRecordsAndHandles() async throws {
        try await KeeperHome.with { home in
            try home.write("run/queen/default.lock", "")
            try home.write("run/queen/default.json", "{ half a rec")
            try home.write("run/queen/default.last.json", "\u{0}\u{1}")
            try home.write("run/handles/queen-default.keeper.json", "nonsense")
            let doctor = try await home.run("doctor")
            for name in ["queen/default.json", "queen/default.last.json", "handles/queen-default.keeper.json"] {
                #expect(doctor.output.contains("\(home.path)/run/\(name) is corrupt"), "\(doctor.output)")
            }
            #expect(try await home.run("status", "queen").exit == 3)
            let start = try await home.run("queen", "start", "--port", "0")
            #expect(start.exit == 0, "\(start.errors)")
            for name in ["queen-default.keeper.json", "default.last.json"] {
                #expect(start.errors.contains("warning: ") && start.errors.contains("set aside as \(name).corrupt-1"), "\(start.errors)")
            }
            let again = try await home.run("doctor")
            #expect(!again.output.contains("is corrupt"), "\(again.output)")
            #expect(try await home.row("queen").state == .ready)
            #expect(try await home.run("queen", "stop").exit == 0)
        }
    }

    @Test func aBadConfigurationIsNamedWithFileLineAndKey() async throws {
        try await KeeperHome.with { home in
            let path = try home.write("config.yaml", "hive.port: 0\nqueen:\n  port: many\n")
            let list = try await home.run("config", "list")
            #expect(list.exit == 0)
            #expect(list.errors.contains("\(path):3: queen.port: expected a port from 0 to 65535"), "\(list.errors)")
            #expect(list.output.contains("\(path):1"), "the good value counts")
            let doctor = try await home.run("doctor")
            #expect(doctor.exit == 1 && doctor.output.contains("\(path):3: queen.port"))
            let start = try await home.run("queen", "start")
            #expect(start.exit == 1 && start.errors.contains("\(path):3: queen.port"), "\(start.errors)")
            let set = try await home.run("config", "set", "queen.port", "0")
            #expect(set.exit == 0 && set.output == "0\n", "\(set.errors)")
            #expect(try await home.run("queen", "start").exit == 0)
            let wrong = try await home.run("config", "set", "queen.port", "many")
            #expect(wrong.exit == 2 && wrong.errors.contains("expected a port from 0 to 65535"), "\(wrong.errors)")
        }
    }

    @Test func aFailingJobIsAFailure() async throws {
        try await KeeperHome.with { home in
            try await home.up()
            let unknown = try await home.run("infer", "--model", "no-such-model", "hello")
            #expect(unknown.exit == 1)
            #expect(
                unknown.output.isEmpty && unknown.errors.contains("error: ") && unknown.errors.contains("no-such-model"),
                "\(unknown.errors)")
            #expect(try await home.row("queen").state == .ready)
        }
    }

    @Test func commandLinesThatAreNone() async throws {
        try await KeeperHome.with { home in
            for line in [
                ["quen"], ["queen", "strat"], ["queen", "start", "--prot", "1"], ["infer", "--model", "", "x"], ["status", "castle"], [],
            ] {
                let outcome = try await home.start(line).finish()
                #expect(outcome.exit == 2 && outcome.output.isEmpty && outcome.errors.contains("try: rbee-keeper"), "\(line)")
            }
            #expect(!home.exists("run"))
        }
    }

    @Test func whatDoesNotRun() async throws {
        try await KeeperHome.with { home in
            let asked: [([String], Int32)] = [
                (["ping"], 3), (["ping", "worker/x"], 3), (["status", "hive"], 3), (["keep-alive"], 3), (["queen", "stop"], 0),
                (["down"], 0),
            ]
            for (line, exit) in asked {
                let outcome = try await home.start(line).finish()
                #expect(outcome.exit == exit, "\(line): \(outcome.errors)")
            }
            #expect(!home.exists("run"), "stopping starts and makes nothing")
        }
    }

    @Test func aHomeThatCannotBeUsed() async throws {
        try await KeeperHome.with { home in
            mkdir("\(home.path)/run", 0o755)
            chmod("\(home.path)/run", 0o755)
            let start = try await home.run("queen", "start")
            #expect(start.exit == 1 && start.errors.contains("chmod 700 '\(home.path)/run'"), "\(start.errors)")
            chmod("\(home.path)/run", 0o700)
        }
    }
}
