import Glibc
import Platform
import Testing

extension LauncherTests {
    /// What is owned ends with its owner, whole.
    @Suite struct Guard {
        let home: TemporaryHome
        let run: RunDirectory
        let channel: Channel

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
            channel = try Channel(in: home)
        }

        /// A leader with a child that ignores signals, one in a session of its own, and one whose parent is gone. All say who they are.
        private var tree: String {
            let say = "echo $$ > \(channel.path)"
            let stay = "while :; do sleep 1000; done"
            return """
                sh -c 'trap "" TERM HUP INT; \(say); \(stay)' &
                setsid sh -c 'trap "" TERM HUP; \(say); \(stay)' &
                sh -c 'setsid sh -c "echo \\$\\$ > \(channel.path); \(stay)" & exit 0'
                \(say)
                \(stay)
                """
        }

        private func guarded(_ script: String) -> Spec {
            Spec.shell("e", script).with("guard", "1").with("eof", "kill").with("nonce", Nonce().text)
                .with("lock", "\(run.path)/e.lock").with("last", "\(run.path)/e.last.json").with("log", "\(run.path)/e.log")
        }

        @Test(arguments: [true, false])
        func closingTheInputEndsTheWholeTree(guards: Bool) throws {
            let spec = guards ? guarded(tree) : Spec.shell("e", tree).with("eof", "kill")
            let launcher = try Launcher(spec)
            let pid = try launcher.startedPID()
            let members = try channel.processes(4)
            #expect(members.contains { $0.pid == pid })
            #expect(members.allSatisfy { !$0.hasExited })
            launcher.closeInput()
            #expect(try launcher.report() == .signal("e", SIGKILL))
            // The guard reports when all of it is gone.
            for member in members { #expect(member.hasExited) }
            if guards { #expect(try FileLock.probe(in: run, name: "e.lock") == .free) }
        }

        @Test func askingTheGuardToEndEndsTheTree() throws {
            let launcher = try Launcher(guarded(tree))
            let pid = try launcher.startedPID()
            let members = try channel.processes(4)
            try shepherd(of: pid).signal(SIGTERM)
            #expect(try launcher.report() == .signal("e", SIGKILL))
            for member in members { #expect(member.hasExited) }
            #expect(try LastEnd.read(run, "e")?.signal == SIGKILL)
        }

        @Test func killedGuardTakesItsChildAlong() throws {
            let launcher = try Launcher(guarded("exec sleep 1000"))
            let pid = try launcher.startedPID()
            #expect(try launcher.status() == 0)
            let child = try #require(try ProcessWatch.open(pid: pid))
            let warden = try shepherd(of: pid)
            #expect(try FileLock.probe(in: run, name: "e.lock") == .held)
            try warden.signal(SIGKILL)
            #expect(child.waitForExit(milliseconds: 10000))
            #expect(try launcher.report() == nil)
            #expect(try FileLock.probe(in: run, name: "e.lock") == .free)
        }

        @Test func whatTheProgramLeavesBehindEndsWithIt() throws {
            let script = tree.split(separator: "\n").dropLast(2).joined(separator: "\n")
            let launcher = try Launcher(guarded(script + "\nread go < \(run.path)/go; echo leaving; exit 6"))
            mkfifo("\(run.path)/go", 0o600)
            _ = try launcher.startedPID()
            let members = try channel.processes(3)
            let go = Descriptor(adopting: open("\(run.path)/go", O_WRONLY | O_CLOEXEC))
            try go.write(Array("go\n".utf8))
            #expect(try launcher.report() == .exit("e", 6))
            for member in members { #expect(member.hasExited) }
            let last = try LastEnd.read(run, "e")
            #expect(last?.exit == 6 && last?.output == "leaving\n")
        }

        @Test func forksFasterThanTheyCanBeSeenEndToo() throws {
            // Each one starts its successor and ends at once, in a session of its own.
            try run.writeAtomically("runner", Array("echo $$ > \(channel.path); setsid sh \(run.path)/runner & exit 0\n".utf8))
            let launcher = try Launcher(guarded("sh \(run.path)/runner; exec sleep 1000"))
            _ = try launcher.startedPID()
            for _ in 0..<20 { _ = try channel.line() }
            launcher.closeInput()
            #expect(try launcher.report() == .signal("e", SIGKILL))
            #expect(try launcher.report() == nil)
        }

        @Test func guardHoldsTheLockAndTheProgramDoesNot() throws {
            let launcher = try Launcher(guarded("echo $$ > \(channel.path); exec sleep 1000"))
            let pid = try launcher.startedPID()
            _ = try channel.processes(1)
            #expect(try Launch.words("/proc/\(pid)/environ").allSatisfy { !$0.hasPrefix("RBEE_LOCK_FD") })
            #expect(try LockLine.read(in: run, name: "e.lock")?.pid == pid)
            let child = try #require(try ProcessWatch.open(pid: pid))
            try child.signal(SIGKILL)
            #expect(try launcher.report() == .signal("e", SIGKILL))
            #expect(try FileLock.probe(in: run, name: "e.lock") == .free)
        }

        @Test func ownedDaemonHoldsItsLock() throws {
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: Nonce()).with("eof", "kill"))
            let pid = try launcher.startedPID()
            #expect(try Launch.words("/proc/\(pid)/environ").contains { $0.hasPrefix("RBEE_LOCK_FD=") })
            launcher.closeInput()
            #expect(try launcher.report() == .signal("w", SIGKILL))
            #expect(try FileLock.probe(in: run, name: "w.lock") == .free)
        }

        @Test func orphansOfALivingProgramAreReaped() throws {
            let script = "for n in 1 2 3; do sh -c 'sh -c \"echo \\$\\$ > \(channel.path); exit 0\" & exit 0'; done; exec sleep 1000"
            let launcher = try Launcher(guarded(script))
            let pid = try launcher.startedPID()
            for _ in 0..<3 {
                let orphan = try #require(Int32(try channel.line()))
                while ProcessStat.of(pid: orphan) != nil { sched_yield() }
            }
            #expect(ProcessStat.of(pid: pid)?.isDead == false)
        }
    }
}
