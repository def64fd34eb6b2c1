import Glibc
import Platform
import Testing

extension LauncherTests {
    /// A daemon outlives its starter, and its starter's pipes.
    @Suite struct Survival {
        let home: TemporaryHome
        let run: RunDirectory

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        @Test func closedPipesAreNoReasonToDie() throws {
            let channel = try Channel(in: home)
            let launcher = try Launcher(
                .shell(
                    "w", "trap 'echo asked > \(channel.path); kill $!; exit 3' USR1; sleep 1000 & echo $$ > \(channel.path); wait"
                )
                .daemon(in: run, "w", nonce: Nonce()))
            let pid = try launcher.startedPID()
            let daemon = try #require(try channel.processes(1).first)
            let shepherd = try shepherd(of: pid)
            launcher.closeOutput()
            launcher.closeInput()
            #expect(shepherd.waitForExit(milliseconds: 10000))
            #expect(!daemon.hasExited)
            // It lives and works.
            try daemon.signal(SIGUSR1)
            #expect(try channel.line() == "asked")
            #expect(daemon.waitForExit(milliseconds: 10000))
        }

        @Test func closedReportPipeDoesNotEndTheShepherd() throws {
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: Nonce()))
            let pid = try launcher.startedPID()
            let shepherd = try shepherd(of: pid)
            launcher.closeOutput()
            let daemon = try #require(try ProcessWatch.open(pid: pid))
            try daemon.signal(SIGTERM)
            #expect(shepherd.waitForExit(milliseconds: 10000))
            // Nobody could be told, but it is written down.
            #expect(try LastEnd.read(run, "w")?.signal == SIGTERM)
        }

        @Test func killedStarterLeavesADaemon() throws {
            let channel = try Channel(in: home)
            let batch = Spec.shell("w", "echo $$ > \(channel.path); exec sleep 1000").daemon(in: run, "w", nonce: Nonce()).bytes
            try run.writeAtomically("batch", batch + Array("end\0".utf8))
            // The starter is a shell that keeps the launcher's input open, and is killed.
            let (nothing, held) = try Descriptor.pipe()
            let pid = try Spawn.start(
                "/bin/sh", ["-c", "(cat \(run.path)/batch; exec sleep 1000) | \(Launcher.path)"], input: nothing.rawValue,
                output: held.rawValue)
            let starter = try #require(try ProcessWatch.open(pid: pid))
            let daemon = try #require(try channel.processes(1).first)
            let shepherd = try shepherd(of: daemon.pid)
            let writer = try #require(try Self.child(of: pid, named: "sleep"))
            try starter.signal(SIGKILL)
            try writer.signal(SIGKILL)
            _ = try starter.reap(waiting: true)
            #expect(shepherd.waitForExit(milliseconds: 10000))
            #expect(!daemon.hasExited)
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
            try daemon.signal(SIGKILL)
        }

        @Test func killedShepherdLeavesADaemonAndItsLock() throws {
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: Nonce()))
            let pid = try launcher.startedPID()
            #expect(try launcher.status() == 0)
            let shepherd = try shepherd(of: pid)
            try shepherd.signal(SIGKILL)
            #expect(shepherd.waitForExit(milliseconds: 10000))
            #expect(try launcher.report() == nil)
            #expect(try #require(ProcessStat.of(pid: pid)).isDead == false)
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
        }

        /// Waits until `parent` has a child of this name: the subshell execs it at its own pace.
        private static func child(of parent: Int32, named name: String) throws -> ProcessWatch? {
            for _ in 0..<100_000 {
                for pid in try children(of: parent) where ProcessStat.of(pid: pid)?.name == name { return try ProcessWatch.open(pid: pid) }
                sched_yield()
            }
            return nil
        }

        private static func children(of parent: Int32) throws -> [Int32] {
            let list = Descriptor(adopting: open("/proc/\(parent)/task/\(parent)/children", O_RDONLY | O_CLOEXEC))
            return String(decoding: try list.readToEnd(limit: 65536), as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        }
    }
}
