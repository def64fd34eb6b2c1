import Glibc
import Platform
import Testing

extension LauncherTests {
    /// Guards that outlive whoever started them, and give their trees time to end.
    @Suite struct Stay {
        let home: TemporaryHome
        let run: RunDirectory
        let channel: Channel

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
            channel = try Channel(in: home)
        }

        private func guarded(_ id: String, _ script: String, term: Int? = nil) -> Spec {
            let spec = Spec.shell(id, script).with("guard", "1").with("eof", "stay").with("nonce", Nonce().text)
                .with("lock", "\(run.path)/\(id).lock").with("last", "\(run.path)/\(id).last.json").with("log", "\(run.path)/\(id).log")
            return term.map { spec.with("term", "\($0)") } ?? spec
        }

        private func send(_ specs: Spec..., to launcher: Launcher) throws {
            try launcher.write(specs.flatMap(\.bytes) + Array("more\0".utf8))
        }

        private func say(_ words: String = "$$") -> String { "echo \(words) > \(channel.path)" }
        private let stay = "while :; do sleep 1000; done"

        @Test func batchAfterBatchIsStarted() throws {
            let launcher = try Launcher(options: [])
            try send(guarded("a", stay), guarded("b", stay), to: launcher)
            let first = [try launcher.report(), try launcher.report()]
            for case .pid(let id, let pid, _)? in first { #expect(["a", "b"].contains(id) && ProcessStat.of(pid: pid) != nil) }
            try send(guarded("c", stay), to: launcher)
            guard case .pid("c", let pid, _)? = try launcher.report() else { throw SystemError(errno: ESRCH, "start c") }
            // Guards are nobody's children that nobody waits for.
            try shepherd(of: pid).signal(SIGTERM)
            #expect(try launcher.report() == .signal("c", SIGKILL))
            try send(guarded("c", "exit 3"), to: launcher)
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("c", 3))
            launcher.closeInput()
            #expect(try launcher.status() == 0)
        }

        @Test func variablesThatAllHaveAreSaidOnce() throws {
            let launcher = try Launcher(options: [])
            let specs = [
                Spec.shell("a", "exit $((SHARED + OWN))", environment: ["OWN=1"]),
                Spec.shell("b", "exit $((SHARED + OWN))", environment: ["OWN=2"]),
            ]
            try launcher.write(Array("env=SHARED=10\0env=NO\0\0".utf8) + specs.flatMap(\.bytes) + Array("more\0".utf8))
            // One that is none spoils them all.
            for _ in specs {
                guard case .error(_, stage: "spec:env", EINVAL)? = try launcher.report() else { throw SystemError(errno: EINVAL, "refuse") }
            }
            try launcher.write(Array("env=SHARED=10\0env=RBEE_LOCK_FD=3\0\0".utf8) + specs.flatMap(\.bytes) + Array("end\0".utf8))
            var ends: Set<Int32> = []
            for _ in 0..<4 { if case .exit(_, let status)? = try launcher.report() { ends.insert(status) } }
            #expect(ends == [11, 12])
            #expect(try launcher.status() == 0)
        }

        @Test func aBatchThatIsCutShortStartsNothing() throws {
            let launcher = try Launcher(options: [])
            try send(guarded("a", "exit 0"), to: launcher)
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("a", 0))
            try launcher.write(guarded("b", say()).bytes)
            launcher.closeInput()
            #expect(try launcher.report() == .error("-", stage: "input", ENODATA))
            #expect(try launcher.status() == 71 && FileLock.probe(in: run, name: "b.lock") == .absent)
        }

        @Test func guardAndProgramOutliveTheLauncherAndItsStarter() throws {
            let launcher = try Launcher(options: [])
            try send(guarded("a", "\(say()); \(stay)"), to: launcher)
            let pid = try launcher.startedPID()
            let program = try #require(try channel.processes(1).first)
            let guardian = try shepherd(of: pid)
            launcher.closeInput()
            launcher.closeOutput()
            #expect(try launcher.status() == 0)
            #expect(!program.hasExited && !guardian.hasExited && program.pid == pid)
            #expect(try FileLock.probe(in: run, name: "a.lock") == .held)
            // It still does what it is there for: whoever finds it asks it to end, and reads how that went.
            try guardian.signal(SIGTERM)
            #expect(guardian.waitForExit(milliseconds: 20_000) && program.hasExited)
            #expect(try LastEnd.read(run, "a")?.signal == SIGKILL)
            #expect(try FileLock.probe(in: run, name: "a.lock") == .free)
        }

        @Test func aTreeHasItsTimeAfterItWasAskedToEnd() throws {
            // The leader ends at once; its child needs a moment more, and is given it.
            let child = "trap 'echo child; exit 0' TERM; \(say()); while :; do sleep 0.01; done"
            let script = "trap 'echo leader; exit 7' TERM; sh -c \"\(child.replacing("$", with: "\\$"))\" & while :; do sleep 0.01; done"
            let launcher = try Launcher(options: [])
            try send(guarded("a", script, term: 20_000), to: launcher)
            let pid = try launcher.startedPID()
            let member = try #require(try channel.processes(1).first)
            try shepherd(of: pid).signal(SIGTERM)
            #expect(try launcher.report() == .exit("a", 7))
            #expect(member.hasExited)
            // Whoever asked has heard it: nobody needs to read it.
            #expect(try LastEnd.read(run, "a") == nil)
            let log = try #require(try run.read("a.log").map { String(decoding: $0, as: UTF8.self) })
            #expect(log.contains("leader\n") && log.contains("child\n"))
        }

        @Test func whatDoesNotEndInItsTimeIsKilled() throws {
            let child = "trap '' TERM; \(say()); \(stay)"
            let launcher = try Launcher(options: [])
            try send(
                guarded("a", "trap 'exit 0' TERM; setsid sh -c \"\(child.replacing("$", with: "\\$"))\" & \(stay)", term: 300), to: launcher
            )
            let pid = try launcher.startedPID()
            let member = try #require(try channel.processes(1).first)
            try shepherd(of: pid).signal(SIGTERM)
            // A shell that is asleep in a child's wait does not end before that child; which of both ended it is no matter here.
            guard case .signal("a", _)? = try launcher.report() else { return #expect(member.hasExited) }
            #expect(member.hasExited)
        }

        @Test func askedASecondTimeItKillsAtOnce() throws {
            let launcher = try Launcher(options: [])
            try send(guarded("a", "trap '' TERM; \(say()); \(stay)", term: 86_400_000), to: launcher)
            let pid = try launcher.startedPID()
            let member = try #require(try channel.processes(1).first)
            let guardian = try shepherd(of: pid)
            try guardian.signal(SIGTERM)
            // Two signals of one number that nobody has taken yet are one: it is asked until it has heard.
            while !member.hasExited {
                try guardian.signal(SIGTERM)
                usleep(1_000)  // so that it comes to hear the next one
            }
            #expect(try launcher.report() == .signal("a", SIGKILL))
        }

        @Test func aStoppedProgramIsWokenToEnd() throws {
            let launcher = try Launcher(options: [])
            try send(guarded("a", "trap 'exit 5' TERM; kill -STOP $$; \(stay)", term: 86_400_000), to: launcher)
            let pid = try launcher.startedPID()
            waitUntilStopped(pid)
            try shepherd(of: pid).signal(SIGTERM)
            #expect(try launcher.report() == .exit("a", 5))
        }

        @Test(arguments: [
            ("eof", "stay", false, "eof"), ("term", "5", false, "term"), ("term", "-1", true, "term"), ("term", "1s", true, "term"),
            ("term", "86400001", true, "term"), ("term", "", true, "term"),
        ])
        func whatIsOutOfPlaceIsRefused(key: String, value: String, isGuarded: Bool, fault: String) throws {
            let spec = Spec.shell("a", "exit 0").with(key, value)
            let launcher = try Launcher(isGuarded ? spec.with("guard", "1") : spec)
            #expect(try launcher.report() == .error("a", stage: "spec:\(fault)", EINVAL))
            #expect(try launcher.status() == 71)
        }
    }
}
