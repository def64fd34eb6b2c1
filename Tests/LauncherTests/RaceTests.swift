import Glibc
import Platform
import Testing

extension LauncherTests {
    /// One at any time, and no moment between a death and what is known of it.
    @Suite struct Race {
        let home: TemporaryHome
        let run: RunDirectory

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        @Test func ofTwoOneWins() throws {
            for round in 0..<20 {
                let nonces = [Nonce(), Nonce()]
                let launchers = try nonces.map { nonce in
                    try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: nonce))
                }
                let reports = try launchers.map { try $0.report() }
                let losers = reports.count { $0 == .lost("w") }
                #expect(losers == 1, "round \(round): \(reports)")
                #expect(try launchers.map { try $0.status() }.sorted() == [0, 75])
                let line = try LockLine.read(in: run, name: "w.lock")
                #expect(line?.nonce == nonces[reports.firstIndex { $0 != .lost("w") } ?? 0])
                for launcher in launchers { launcher.closeInput() }
                let winner = try #require(try ProcessWatch.open(pid: line?.pid ?? 0))
                try winner.signal(SIGKILL)
                #expect(winner.waitForExit(milliseconds: 10000))
            }
        }

        @Test func sevenOfEightInOneBatchLose() throws {
            let specs = (0..<8).map { Spec("w\($0)", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: Nonce()) }
            let launcher = try Launcher(batch: specs)
            #expect(try launcher.status() == 75)
            var (won, lost) = (0, 0)
            for _ in 0..<8 {
                switch try launcher.report() {
                case .pid: won += 1
                case .lost: lost += 1
                default: Issue.record("neither")
                }
            }
            #expect(won == 1 && lost == 7)
        }

        @Test func loserTouchesNothing() throws {
            let lock = try #require(try FileLock.acquire(in: run, name: "w.lock"))
            let line = LockLine(try ProcessIdentity.current(), nonce: Nonce())
            try lock.writeLine(line)
            try run.writeAtomically("w.out", Array("mine".utf8))
            let launcher = try Launcher(.shell("w", "echo never").daemon(in: run, "w", nonce: Nonce()))
            #expect(try launcher.report() == .lost("w"))
            #expect(try launcher.report() == nil)
            #expect(try launcher.status() == 75)
            #expect(try LockLine.read(in: run, name: "w.lock") == line)
            #expect(try run.read("w.out") == Array("mine".utf8))
            #expect(try run.list() == ["w.lock", "w.out"])
        }

        @Test func whoSawTheLockFreeBeforeAnotherHeldItLoses() throws {
            func launch(after: String, _ nonce: Nonce, _ script: String) throws -> Launcher {
                try Launcher(.shell("w", script).daemon(in: run, "w", nonce: nonce).with("after", after))
            }
            let (first, second) = (Nonce(), Nonce())
            let one = try launch(after: "none", first, "exit 1")
            _ = try one.startedPID()
            #expect(try one.report() == .exit("w", 1))
            // Both looked before the first one ran, or before anybody did.
            for stale in ["none", Nonce().text] {
                let late = try launch(after: stale, Nonce(), "exit 2")
                #expect(try late.report() == .lost("w"))
                #expect(try late.status() == 75)
            }
            #expect(try LastEnd.read(run, "w")?.nonce == first.text)
            #expect(try LockLine.read(in: run, name: "w.lock")?.nonce == first)
            let two = try launch(after: first.text, second, "exit 2")
            _ = try two.startedPID()
            #expect(try two.report() == .exit("w", 2))
        }

        @Test func lockStaysHeldUntilTheEndIsWrittenDown() throws {
            let nonce = Nonce()
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: nonce))
            let pid = try launcher.startedPID()
            let daemon = try #require(try ProcessWatch.open(pid: pid))
            let shepherd = try shepherd(of: pid)
            try shepherd.signal(SIGSTOP)
            waitUntilStopped(shepherd.pid)
            try daemon.signal(SIGKILL)
            #expect(daemon.waitForExit(milliseconds: 10000))
            // Dead, and nothing written down: so not free either.
            #expect(try run.stat("w.last.json") == nil)
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
            try shepherd.signal(SIGCONT)
            while try FileLock.probe(in: run, name: "w.lock") == .held { sched_yield() }
            let last = try #require(try LastEnd.read(run, "w"))
            #expect(last.nonce == nonce.text && last.signal == SIGKILL && last.exit == nil && last.pid == pid)
            #expect(try launcher.report() == .signal("w", SIGKILL))
        }

        @Test func whoeverSeesTheLockFreeFindsTheEnd() throws {
            for round in 0..<40 {
                let nonce = Nonce()
                let launcher = try Launcher(.shell("w", "echo \(round); exit \(round)").daemon(in: run, "w", nonce: nonce))
                // From here on nothing is told by the launcher: only the lock is asked.
                while try LockLine.read(in: run, name: "w.lock")?.nonce != nonce { sched_yield() }
                while try FileLock.probe(in: run, name: "w.lock") == .held { sched_yield() }
                let last = try #require(try LastEnd.read(run, "w"), "round \(round)")
                #expect(last.nonce == nonce.text && last.exit == Int32(round) && last.output == "\(round)\n")
                #expect(try launcher.status() == 0)
            }
        }

        @Test func aReportedEndCanBeFollowedByAStartAtOnce() throws {
            for _ in 0..<20 {
                let launcher = try Launcher(.shell("w", "exit 0").daemon(in: run, "w", nonce: Nonce()))
                _ = try launcher.startedPID()
                #expect(try launcher.report() == .exit("w", 0))
            }
        }

        @Test func aLockFileReplacedWhileHeldIsNoLock() throws {
            let held = try #require(try FileLock.acquire(in: run, name: "w.lock"))
            try run.writeAtomically("w.lock", [])
            #expect(try !held.isStillLinked())
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: Nonce()))
            _ = try launcher.startedPID()
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
        }
    }
}
