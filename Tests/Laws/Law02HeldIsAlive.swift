import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import Platform
import Testing

/// Law 2: a daemon runs if and only if its lock is held, and asking disturbs nobody.
@Suite struct Law02HeldIsAlive {
    @Test func askingAboutWhatNeverRanCreatesNothing() async throws {
        try await TestHome.with { home in
            for kind in [DaemonKind.queen, .hive, .worker] {
                let daemon = try home.daemon(kind, kind == .worker ? "nobody" : nil)
                #expect(try await daemon.status().state == .stopped)
            }
            #expect(try await home.running().isEmpty)
            #expect(access("\(home.path)/run", F_OK) != 0, "asking made a run directory")
        }
    }

    /// A way for a daemon to be there and not to answer.
    struct Silence: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var arguments: [String] = []
        var signal: Int32?
    }

    @Test(
        "rbee 6.9: busy is not dead: nobody starts another, everybody is told which process it is, and a stop ends it all the same",
        arguments: [
            Silence(testDescription: "stopped by a signal", signal: SIGSTOP),
            Silence(testDescription: "it hangs after its first requests", arguments: ["--hang-after", "40"]),
        ])
    func busyIsNotDead(_ silence: Silence) async throws {
        try await TestHome.with { home in
            let arguments = silence.arguments + ["--count", "\(home.path)/starts"]
            let daemon = try home.hostile(arguments)
            try await daemon.ensure()
            let process = try home.process()
            // However often it was asked until it was ready, by now it has had all of its requests.
            let asker = try home.directory().connectSocket("one.sock")
            try asker.write(Array(String(repeating: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", count: 40).utf8))
            if let signal = silence.signal { try process.signal(signal) }
            let race = try Race(5, in: home, daemon: arguments)
            try await race.gathered()
            race.go()
            for result in try await race.results() {
                #expect(result.code == "silent", "\(result.message ?? "served")")
                let message = result.message ?? ""
                #expect(message.contains("process \(process.pid)") && message.contains("rbee-keeper worker stop one"), "\(message)")
            }
            #expect(home.starts().count == 1 && process.isRunning)
            withExtendedLifetime(asker) {}
            #expect(try await daemon.status().state == .silent)
            #expect(try await daemon.stop().wasRunning && !process.isRunning)
            try await home.freed()
            #expect(try await home.hostile().ensure().shouldCleanup, "and the next one starts")
        }
    }

    /// A lock in the hands of somebody who is no daemon, with something in it.
    private func hold(_ home: TestHome, _ text: (Bystander) -> String) async throws -> Bystander {
        let directory = try home.directory()
        let lock = try #require(try FileLock.acquire(in: directory, name: "one.lock"))
        let bystander = try await Bystander(inheriting: [lock.descriptor])
        lock.release()
        try home.writeRun("one.lock", Array(text(bystander).utf8))
        return bystander
    }

    @Test(
        "a lock whose holder has not said who it is: told with the process that has it, left alone, and free when that ends",
        arguments: ["", "12 34", "NO-NONCE", "hello\n"])
    func aHolderWithoutALine(_ text: String) async throws {
        try await TestHome.with { home in
            let bystander = try await hold(home) { holder in
                guard text == "NO-NONCE" else { return text }
                // All that a line has, but the nonce.
                let line = LockLine(holder.identity, nonce: Nonce()).text
                return line.split(separator: " ").dropLast().joined(separator: " ") + "\n"
            }
            let daemon = try home.hostile(["--count", "\(home.path)/starts"]) { $0.startTimeout = .milliseconds(500) }
            let waited = try #require(await #expect(throws: LifecycleError.self) { try await daemon.ensure() })
            let stopped = try #require(await #expect(throws: LifecycleError.self) { try await daemon.stop() })
            #expect(waited.code == .timedOut && stopped.code == .identityMismatch)
            for error in [waited, stopped] {
                let who = "process \(bystander.pid) (rbee-bystander)"
                #expect(error.message.contains(who) && error.message.contains("kill \(bystander.pid)"), "\(error.message)")
            }
            let doctor = try await home.keeper("doctor")
            #expect(doctor.output.contains("process \(bystander.pid) (rbee-bystander)"), "\(doctor.output)")
            #expect(try await bystander.signals() == [] && home.starts().isEmpty)
            try bystander.end()
            #expect(try await daemon.ensure().shouldCleanup)
        }
    }

    @Test("a holder whose line is right is the daemon, also where its environment carries no nonce: it can be stopped")
    func aHolderWithoutANonce() async throws {
        try await TestHome.with { home in
            let holder = try await hold(home) { LockLine($0.identity, nonce: Nonce()).text }
            let daemon = try home.hostile(["--count", "\(home.path)/starts"]) { $0.startTimeout = .milliseconds(500) }
            let error = await #expect(throws: LifecycleError.self) { try await daemon.ensure() }
            #expect(error?.message.contains("process \(holder.pid)") == true && home.starts().isEmpty)
            // It blocks every signal, so that only the last rung ends it.
            let receipt = try await daemon.stop()
            #expect(receipt.wasRunning && receipt.processes.map(\.pid) == [holder.pid] && receipt.rungs.last?.step == "SIGKILL")
            try holder.end()
            #expect(try await daemon.ensure().shouldCleanup)
        }
    }

    @Test(
        "tsuku L12: a lock that a daemon leaked to something that outlives it: ended where it is known to be the daemon's, told where it is not"
    )
    func aLeakedLock() async throws {
        for isScrubbed in [false, true] {
            try await TestHome.with { home in
                let child = isScrubbed ? "session,orphan,locked,scrubbed" : "session,orphan,locked"
                try await home.hostile(["--child", child]).ensure()
                let line = try #require(try home.holder())
                let heir = try await eventually("its child") {
                    let holders = FileLock.holders(in: try home.directory(), name: "one.lock")
                    return try holders.first { $0.pid != line.pid && $0.name != "rbee-shepherd" }.map { try WatchedProcess(pid: $0.pid) }
                }
                try await WatchedProcess(pid: line.pid).kill()
                #expect(try await home.hostile().status().state == .stale)
                let daemon = try home.hostile { $0.startTimeout = .seconds(isScrubbed ? 2 : 60) }
                guard isScrubbed else {
                    #expect(try await daemon.ensure().shouldCleanup)
                    #expect(!heir.isRunning)
                    return
                }
                let waited = try #require(await #expect(throws: LifecycleError.self) { try await daemon.ensure() })
                let stopped = try #require(await #expect(throws: LifecycleError.self) { try await daemon.stop() })
                #expect(waited.code == .timedOut && stopped.code == .survivors)
                for error in [waited, stopped] {
                    #expect(error.message.contains("process \(heir.pid)") && error.message.contains("kill \(heir.pid)"), "\(error.message)")
                }
                try await heir.kill()
                #expect(try await daemon.ensure().shouldCleanup)
            }
        }
    }
}
