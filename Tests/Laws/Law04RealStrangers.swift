import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 4 with strangers that are real: a number given away, another pid namespace, another boot, a server and a process in the daemon's place.
@Suite struct Law04RealStrangers {
    private static let mayChooseNumbers = geteuid() == 0
    private static let hasNamespaces = TestHome.canRun("/usr/bin/unshare", "-pf", "--mount-proc")

    @Test(
        "rbee 6.12: the number of a dead daemon given to a bystander for real", .enabled(if: mayChooseNumbers, "only root chooses numbers"))
    func aNumberGivenAway() async throws {
        try await TestHome.with { home in
            // What it leaves behind keeps its lock held, so that its line counts. In a session of its own, or the number would stay taken.
            let program = try home.script("parent", "(setsid sleep 300 &) & exec \(TestHome.testDaemon) \"$@\"")
            let lifecycle = try home.lifecycle(program: program)
            try await lifecycle.ensure()
            let line = try #require(try home.holder())
            try await home.process().kill()
            // Whoever reaps it takes a moment: there is no event for that here.
            let bystander = try await eventually("the number \(line.pid) is free") { try await Bystander(number: line.pid) }
            #expect(bystander.identity.pid == line.pid && bystander.identity.startTicks != line.startTicks)
            #expect(try home.holder() == line)

            #expect(try await lifecycle.status().state == .stale)
            #expect(try SignalTarget.open(line, lock: "one.lock", in: try home.directory()) == nil)
            #expect(try await lifecycle.stop(grace: .zero).wasRunning, "what it left behind was")
            #expect(try await bystander.signals() == [])
            let handle = try await lifecycle.ensure()
            #expect(handle.shouldCleanup && handle.processID != line.pid)
            #expect(try await home.keeper("shutdown-all").exit == 0)
            #expect(try await bystander.signals() == [])
        }
    }

    @Test(
        "a daemon of another pid namespace is adopted, and asked to end, over its socket alone",
        .enabled(if: hasNamespaces, "no namespaces"))
    func anotherPIDNamespace() async throws {
        try await TestHome.with { home in
            let inside = try elsewhere(home, "rbee-test-daemon")
            let lifecycle = try home.lifecycle()
            let found = try await eventually("the daemon is ready") { try await lifecycle.find() }
            let line = try #require(try home.holder())
            #expect(try line.process.liveness() == .elsewhere && line.pid < 10)
            #expect(!found.shouldCleanup)
            #expect(try await !lifecycle.ensure().shouldCleanup)
            #expect(try await lifecycle.status().state == .ready)
            let receipt = try await lifecycle.stop()
            #expect(receipt.wasRunning && receipt.rungs.map(\.step) == ["shutdown"] && receipt.processes.isEmpty && receipt.socketRemoved)
            #expect(try await inside.finish().exit == 0)
            try await home.freed()
        }
    }

    @Test("a daemon of another pid namespace that does not heed is left, and said to be", .enabled(if: hasNamespaces, "no namespaces"))
    func anotherPIDNamespaceThatDoesNotHeed() async throws {
        try await TestHome.with { home in
            let inside = try elsewhere(home, "rbee-hostile", "--shutdown accept")
            let lifecycle = try home.lifecycle()
            _ = try await eventually("the daemon is ready") { try await lifecycle.find() }
            for grace in [Duration.zero, .milliseconds(100)] {
                let error = await #expect(throws: LifecycleError.self) { try await lifecycle.stop(grace: grace) }
                #expect(error?.code == .identityMismatch && error?.message.contains("pid namespace") == true, "\(error?.message ?? "")")
            }
            let signals = await #expect(throws: LifecycleError.self) { try await lifecycle.stop(ladder: .signals(), cascade: false) }
            #expect(signals?.code == .identityMismatch)
            #expect(try await lifecycle.find() != nil, "nobody signalled it")
            // Closes its input and output with it: the namespace ends with its first process.
            withExtendedLifetime(inside) {}
        }
    }

    /// A program that runs in a pid namespace of its own until it ends or the value goes.
    private func elsewhere(_ home: TestHome, _ program: String, _ arguments: String = "") throws -> KeeperProcess {
        let words = ["-pf", "--mount-proc", "--kill-child", "/bin/sh", "-c"]
        let line = "exec \(TestHome.binaries)/\(program) --kind worker --instance one --port 0 \(arguments)"
        return try KeeperProcess("/usr/bin/unshare", words + [line], environment: home.programEnvironment())
    }

    @Test("what another boot left is history: line, record, handle and socket")
    func anotherBoot() async throws {
        try await TestHome.with { home in
            let lifecycle = try home.lifecycle()
            let first = try await lifecycle.ensure()
            let line = try #require(try home.holder())
            try await home.process().kill()
            let bystander = try await eventually("the number is free") {
                // Where numbers cannot be chosen, any bystander will do.
                try await Bystander(number: Self.mayChooseNumbers ? line.pid : nil)
            }
            // As a machine that starts again would find it: the numbers may be those of others, even the start times.
            let (boot, ticks) = ("00000000-0000-4000-8000-000000000000", "\(bystander.identity.startTicks)")
            for name in ["run/worker/one.lock", "run/worker/one.json", "run/handles/worker-one.tester.json"] {
                let text = try #require(home.text(name))
                try home.write(name, text.replacing(line.bootID, with: boot).replacing("\(line.startTicks)", with: ticks))
            }
            #expect(try await lifecycle.status().state == .stale)
            #expect(try await lifecycle.find() == nil)
            let second = try await lifecycle.ensure()
            #expect(second.shouldCleanup && second != first)
            #expect(try await lifecycle.stop().wasRunning)
            #expect(try await bystander.signals() == [])
        }
    }

    @Test("a process that holds the lock and answers a wrong nonce: neither adopted nor signalled")
    func aWrongAnswerIsAMismatch() async throws {
        try await TestHome.with { home in
            let directory = try home.directory()
            let lock = try #require(try FileLock.acquire(in: directory, name: "one.lock"))
            // No nonce in its environment: its only proof is the lock in its hands, and that is denied by the answer.
            let bystander = try await Bystander(inheriting: [lock.descriptor])
            let line = LockLine(bystander.identity, nonce: Nonce())
            try lock.writeLine(line)
            // Another daemon answers in its place, with a nonce of its own.
            let impostor = try KeeperProcess(
                TestHome.hostileProgram, ["--instance", "impostor"], environment: home.programEnvironment())
            _ = try await eventually("the impostor") { home.exists("run/worker/impostor.sock") ? true : nil }
            #expect(link("\(home.path)/run/worker/impostor.sock", "\(home.path)/run/worker/one.sock") == 0)
            let lifecycle = try home.lifecycle { $0.startTimeout = .seconds(20) }
            let ensure = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(ensure?.code == .foreign, "\(ensure?.message ?? "")")
            let stop = await #expect(throws: LifecycleError.self) { try await lifecycle.stop(grace: .zero) }
            #expect(stop?.code == .identityMismatch && stop?.message.contains("\(bystander.pid)") == true, "\(stop?.message ?? "")")
            #expect(try await bystander.signals() == [])
            #expect(ProcessStat.of(pid: impostor.pid)?.isDead == false, "who is not the daemon is not asked to end")
            // Silence is no mismatch: without the impostor it is the daemon, by its lock.
            try directory.remove("one.sock")
            lock.release()
            #expect(try await lifecycle.stop(grace: .zero).wasRunning)
        }
    }

    @Test("a stop does not ask another daemon to end, whose socket stands in the place of its own")
    func anotherDaemonsSocketInItsPlace() async throws {
        try await TestHome.with { home in
            let (one, two) = (try home.lifecycle(), try home.lifecycle(instance: "two"))
            try await one.ensure()
            try await two.ensure()
            // Stopped, it cannot notice: that it does within a second is another test's business.
            let process = try home.process()
            try process.signal(SIGSTOP)
            unlink("\(home.path)/run/worker/one.sock")
            #expect(link("\(home.path)/run/worker/two.sock", "\(home.path)/run/worker/one.sock") == 0)
            let receipt = try await one.stop(grace: .milliseconds(100))
            #expect(receipt.wasRunning && !process.isRunning)
            #expect(receipt.rungs.first?.result.contains("something else answers") == true, "\(receipt.rungs)")
            #expect(try await two.status().state == .ready)
            #expect(try await two.stop().rungs.map(\.step) == ["shutdown"])
        }
    }

    @Test("a line, a record and a handle that were copied from a daemon that runs do not end that one")
    func copiedFromAnother() async throws {
        try await TestHome.with { home in
            let two = try home.lifecycle(instance: "two")
            try await two.ensure()
            let (process, line) = (try home.process(.worker, "two"), try #require(try home.holder(.worker, "two")))
            // The lock of one is held by somebody, with the line of two in it.
            let lock = try #require(try FileLock.acquire(in: try home.directory(), name: "one.lock"))
            try lock.writeLine(line)
            let stop = await #expect(throws: LifecycleError.self) { try await home.lifecycle().stop(grace: .zero) }
            #expect(stop?.code == .identityMismatch && stop?.message.contains("another daemon") == true, "\(stop?.message ?? "")")
            lock.release()
            // Nobody holds the locks of three and four; their records say that a process died which had the nonce of two.
            let record = try #require(home.text("run/worker/two.json"))
            let dead = record.replacing("\"pid\" : \(line.pid),", with: "\"pid\" : 4194303,")
            try #require(dead != record)
            for name in ["three", "four", "five"] {
                try home.writeRun("\(name).lock", Array(line.text.replacing("\(line.pid) ", with: "4194303 ").utf8))
                try home.writeRun("\(name).json", Array(dead.utf8))
            }
            _ = try await Upkeep(home: home.path).run()
            #expect(try await !home.lifecycle(instance: "three").stop().wasRunning)
            #expect(try await home.lifecycle(instance: "four").ensure().shouldCleanup)
            _ = try await Upkeep(home: home.path).clear()
            #expect(process.isRunning)
            #expect(try await two.status().state == .ready)
        }
    }

    @Test("an engine that carries the nonce is not the daemon: it is not adopted, and its word alone is not believed")
    func anEngineIsNotTheDaemon() async throws {
        try await TestHome.with { home in
            // It says that it is ready and answers with the nonce on the daemon's socket, while the daemon itself does not come up.
            let engine = "env -u RBEE_LOCK_FD \(TestHome.hostileProgram) --instance two --lie --as-instance one"
            let program = try home.script(
                "parent",
                """
                (exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; \(engine) & until test -S \(home.path)/run/worker/two.sock; do :; done
                ln \(home.path)/run/worker/two.sock \(home.path)/run/worker/one.sock) &
                exec sleep 300
                """)
            let lifecycle = try home.lifecycle(program: program) { $0.startTimeout = .seconds(20) }
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(error?.code == .foreign && error?.message.contains("answers in its place") == true, "\(error?.message ?? "")")
            try await home.freed()
            try await home.freed(.worker, "two")
        }
    }
}
