import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import OperationContract
import Platform
import Testing

/// Plain programs under a real hive, by the built keeper.
@Suite struct ProcessUseTests {
    private static let configuration = """
        queen.port: 0
        hive.port: 0
        processes:
          a: {command: [/bin/sh, -c, "echo up; exec sleep 1000"]}
          b: {command: [/bin/sh, -c, "sleep 1001 & exec sleep 1002"], autostart: false}
        """

    private func list(_ home: KeeperHome) async throws -> [SupervisedProcess] {
        let outcome = try await home.run("process", "list", "--json")
        return try ContractJSON.decode(SupervisedProcessList.self, text: outcome.output).processes
    }

    /// Waits until one runs, as another process than before.
    private func running(_ name: String, _ home: KeeperHome, otherThan pid: UInt32? = nil) async throws -> UInt32 {
        let end = SuspendingClock.now + .seconds(60)
        while SuspendingClock.now < end {
            if let found = try await list(home).first(where: { $0.name == name }), found.state == .ready, let now = found.pid, now != pid {
                return now
            }
            try await EventLoop.shared.sleep(for: .milliseconds(5))  // the hive tells nobody but who asks
        }
        throw SystemError(errno: ETIMEDOUT, "wait for \(name)")
    }

    @Test func startStatusCrashStopRestart() async throws {
        try await KeeperHome.with { home in
            try home.write("config.yaml", Self.configuration)
            let start = try await home.run("process", "start", "b")
            #expect(start.exit == 0 && start.lines.count == 2, "\(start.errors)")
            let first = try await running("a", home)
            let log = try await home.run("process", "logs", "a")
            #expect(log.exit == 0 && log.output == "up\n", "\(log.errors)")
            kill(pid_t(first), SIGKILL)
            let second = try await running("a", home, otherThan: first)
            let restart = try await home.run("process", "restart", "a")
            #expect(restart.exit == 0)
            #expect(try await running("a", home, otherThan: second) != first)
            let stop = try await home.run("process", "stop", "b")
            #expect(stop.exit == 0 && home.processes().filter { $0.name == "sleep" }.count == 1, "\(stop.errors)")
            #expect(try await home.run("process", "status", "a").exit == 0)
            #expect(try await home.run("process", "status", "b").exit == 3)
            let table = try await home.run("status")
            #expect(table.output.contains("process/a") && !table.output.contains("process/b"))
            let doctor = try await home.run("doctor")
            #expect(doctor.exit == 0, "\(doctor.output)")
            #expect(try await home.run("down").exit == 0)
            #expect(!home.processes().contains { $0.name == "sleep" || $0.name == "rbee-guard" }, "\(home.processes())")
        }
    }

    @Test func aHiveThatIsKilledFindsThemAgain() async throws {
        try await KeeperHome.with { home in
            try home.write("config.yaml", Self.configuration)
            #expect(try await home.run("process", "start", "--all").exit == 0)
            let before = [try await running("a", home), try await running("b", home)]
            #expect(try await home.run("process", "stop", "b").exit == 0)
            let hive = try #require(try await home.row("hive").pid)
            let watch = try #require(try ProcessWatch.open(pid: hive))
            try watch.signal(SIGKILL)
            #expect(watch.waitForExit(milliseconds: 20_000))
            let alone = try await list(home)
            #expect(alone.map(\.name) == ["a"] && alone.first?.pid == before[0] && alone.first?.state == .ready)
            #expect(try await home.run("hive", "start").exit == 0)
            let after = try await list(home)
            #expect(after.map(\.state) == [.ready, .stopped] && after.first?.pid == before[0], "what was stopped stays so")
            // And without a hive they are stopped like any daemon.
            let second = try #require(try await home.row("hive").pid)
            try #require(try ProcessWatch.open(pid: second)).signal(SIGKILL)
            #expect(try await home.run("shutdown-all").exit == 0)
            #expect(!home.processes().contains { $0.name == "sleep" || $0.name == "rbee-guard" }, "\(home.processes())")
        }
    }

    @Test func whatIsWrongInTheConfigurationIsToldAndHarmsNobody() async throws {
        try await KeeperHome.with { home in
            try home.write("config.yaml", Self.configuration)
            #expect(try await home.run("hive", "start").exit == 0)
            let pid = try await running("a", home)
            try home.write("config.yaml", Self.configuration + "\n  c: {command: [/bin/sleep, 1003]}\n  d: {command: sleep}\n  a2: {}\n")
            let added = try await home.run("process", "start", "c")
            #expect(added.exit == 0, "\(added.errors)")
            let bad = try await home.run("process", "start", "d")
            #expect(bad.exit == 1 && bad.errors.contains("processes.d.command: expected a list"), "\(bad.errors)")
            let unknown = try await home.run("process", "start", "nope")
            #expect(unknown.exit == 1 && unknown.errors.contains("no process \"nope\": this hive has a, b, c"), "\(unknown.errors)")
            try home.write("config.yaml", "queen: [")
            let broken = try await home.run("process", "restart", "a")
            #expect(broken.exit == 1 && broken.errors.contains("nothing was changed"), "\(broken.errors)")
            #expect(try await running("a", home) == pid)
            // What is taken out of the configuration runs on until it is stopped.
            try home.write("config.yaml", "queen.port: 0\nhive.port: 0\nprocesses:\n  b: {command: [/bin/sleep, 1004], autostart: false}\n")
            #expect(try await home.run("process", "start", "b").exit == 0)
            let left = try await list(home)
            #expect(left.map(\.name) == ["a", "b", "c"] && left.map(\.configured) == [false, true, false])
            #expect(try await home.run("process", "stop", "a", "c").exit == 0)
            #expect(try await list(home).map(\.name) == ["b"])
        }
    }
}
