import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Glibc
import Platform
import Testing

/// Law 8: a daemon outlives its starter, its terminal, its login and its starter's pipes.
@Suite struct Law08OutlivesItsStarter {
    /// A process that ensures `worker/one`, to be ended in the middle of it.
    private func starter(
        _ home: TestHome, _ options: [String] = [], daemon: [String] = [], under: [String] = [],
        configure: (inout StartedProgram.Plan) -> Void = { _ in }
    ) throws -> StartedProgram {
        let words = under + ["\(TestHome.binaries)/rbee-racer", "--home", home.path, "--program", TestHome.hostileProgram] + options
        var plan = StartedProgram.Plan(
            words[0], words.dropFirst() + ["--", "--count", "\(home.path)/starts"] + daemon,
            environment: ["PATH": "/usr/bin:/bin", "HOME": home.path, "RBEE_HOME": home.path])
        configure(&plan)
        return try StartedProgram(plan, output: "\(home.path)/starter.out")
    }

    /// Waits until a starter has been served.
    private func served(_ home: TestHome) async throws {
        _ = try await eventually("it is served") { home.text("starter.out")?.contains("\"startedByUs\":true") == true ? true : nil }
    }

    /// The daemon is there, and is found by whoever comes next.
    private func expectFound(_ home: TestHome, _ line: LockLine) async throws {
        let daemon = try home.hostile(["--count", "\(home.path)/starts"])
        #expect(try await daemon.ensure().shouldCleanup == false)
        #expect(try await daemon.info().nonce == line.nonce.text && home.starts().count == 1)
    }

    /// How far a starter has come when it is killed.
    enum Moment: String, CaseIterable, Sendable { case launching, starting, warmingUp, served }

    @Test("kill -9 of the starter: while it launches, while the daemon starts, once it is served", arguments: Moment.allCases)
    func killed(_ moment: Moment) async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home), launchGate = try Gate(in: home, "launch-gate")
            try home.wrap("rbee-launch", "echo launch >> \(home.path)/launches; head -c 1 \(launchGate.path) >/dev/null")
            if moment != .launching { try launchGate.open() }
            let arguments =
                switch moment {
                case .launching, .served: [String]()
                case .starting: ["--gate", gate.path]
                case .warmingUp: ["--warm-up-gate", gate.path]
                }
            let starter = try starter(home, ["--stay"], daemon: arguments)
            switch moment {
            case .launching: _ = try await eventually("it launches") { home.starts("launches").isEmpty ? nil : true }
            case .starting: _ = try await home.nextHolder()
            case .warmingUp: _ = try await eventually("it warms up") { home.exists("run/worker/one.json") ? true : nil }
            case .served: try await served(home)
            }
            try starter.signal(SIGKILL)
            #expect(try await starter.ended() == .signal(SIGKILL))
            // Killed before it had said what to start, nothing is started; after that, it is.
            if moment == .launching { for _ in 0..<4 { try launchGate.open() } }
            let line = moment == .launching ? nil : try await home.nextHolder()
            try gate.open()
            if line == nil { try await home.hostile(["--count", "\(home.path)/starts"]).ensure() }
            let daemon = try #require(try home.holder())
            #expect(line == nil || line == daemon)
            try await expectFound(home, daemon)
            // With nobody to tell how it ends, its shepherd goes.
            _ = try await eventually("its shepherd is gone") {
                ProcessStat.of(pid: daemon.pid).flatMap { ProcessStat.of(pid: $0.parent)?.name } != "rbee-shepherd" ? true : nil
            }
        }
    }

    @Test("a caller that is cancelled at any moment of a start leaves the daemon, and the next caller finds it")
    func cancelled() async throws {
        for isHeld in [false, true] {
            try await TestHome.with { home in
                let gate = try Gate(in: home)
                let daemon = try home.hostile(["--count", "\(home.path)/starts", "--gate", gate.path])
                let caller = Task { try await daemon.ensure() }
                if isHeld { _ = try await home.nextHolder() }
                caller.cancel()
                let error = await #expect(throws: LifecycleError.self) { try await caller.value }
                #expect(error?.code == .cancelled)
                try gate.open()
                if isHeld {
                    try await expectFound(home, try #require(try home.holder()))
                } else {
                    // It may have been cancelled before there was anything to leave.
                    _ = try await daemon.ensure()
                    #expect(home.starts().count == 1)
                }
            }
        }
    }

    @Test("rbee 6.1: its terminal is closed: the starter dies of SIGHUP, the daemon has never heard of that terminal")
    func terminal() async throws {
        try await TestHome.with { home in
            let terminal = try Terminal()
            let starter = try starter(home, ["--stay"]) { $0.terminal = terminal.path }
            _ = try await terminal.output(until: "\"startedByUs\":true")
            let line = try #require(try home.holder())
            let process = try home.process()
            let view = ProcessView(line.pid)
            #expect(ProcessStat.of(pid: line.pid)?.session == line.pid && ProcessStat.of(pid: line.pid)?.group == line.pid)
            #expect(!view.descriptors.values.contains { $0.hasPrefix("/dev/pts/") || $0 == "/dev/tty" })
            terminal.hangUp()
            #expect(try await starter.ended() == .signal(SIGHUP))
            #expect(process.isRunning)
            try await expectFound(home, line)
        }
    }

    @Test("its starter's process group is killed")
    func group() async throws {
        try await TestHome.with { home in
            // The leader of a group, and of a session, of its own.
            let starter = try starter(home, ["--stay"], under: ["/usr/bin/setsid"])
            try await served(home)
            let line = try #require(try home.holder())
            try #require(ProcessStat.of(pid: starter.pid)?.group == starter.pid)
            #expect(kill(-starter.pid, SIGKILL) == 0)
            #expect(try await starter.ended() == .signal(SIGKILL))
            try await expectFound(home, line)
        }
    }

    @Test("the starter's pipes close when it ends, while the daemon lives")
    func pipes() async throws {
        try await TestHome.with { home in
            let first = try Descriptor.pipe(), second = try Descriptor.pipe()
            let starter = try starter(home) { $0.descriptors = [(first.write.rawValue, 20), (second.write.rawValue, 1020)] }
            for pipe in [first, second] { pipe.write.close() }
            #expect(try await starter.ended() == .exit(0))
            for pipe in [first, second] { #expect(try await pipe.read.textToEnd() == "") }
            try await expectFound(home, try #require(try home.holder()))
        }
    }

    @Test(
        "rbee 6.1: a shell that waits for the output of a start gets it",
        arguments: [
            "$0/rbee-keeper worker start one --model builtin 2>&1 | cat",
            "text=$($0/rbee-keeper worker start one --model builtin 2>&1); echo \"$text\"",
        ])
    func shells(_ line: String) async throws {
        try await TestHome.with { home in
            let outcome = try await home.shell(line)
            #expect(outcome.exit == 0 && outcome.output.contains("worker/one"), "\(outcome.output) \(outcome.errors)")
            #expect(try home.holder() != nil)
        }
    }

    /// What a starter may have about it that is no business of the daemon's.
    private static let burdens = ["--descriptors", "40", "--umask", "000", "--directory", "/tmp", "--block-signals"]

    @Test("it inherits nothing: descriptors, signal mask and dispositions, umask, directory, the starter's own variables")
    func inheritance() async throws {
        try await TestHome.with { home in
            let nothing = Descriptor(adopting: open("/dev/null", O_RDWR | O_CLOEXEC))
            // Stopped before its first step: what it has then is what it was given.
            let starter = try starter(home, Self.burdens, daemon: ["--freeze"]) { plan in
                let foreign = [
                    "NOTIFY_SOCKET": "/run/systemd/notify", "LISTEN_FDS": "2", "LISTEN_PID": "1", "LISTEN_FDNAMES": "a:b",
                    "WATCHDOG_USEC": "1",
                    "WATCHDOG_PID": "1", "INVOCATION_ID": "x", "JOURNAL_STREAM": "1:2", "RBEE_NONCE": String(repeating: "0", count: 32),
                    "RBEE_LOCK_FD": "7", "KEPT": "yes",
                ]
                plan.environment.merge(foreign) { $1 }
                // A racer's gates, which stand open: what it opens itself comes after them.
                plan.descriptors = (3...5).map { (nothing.rawValue, $0) }
            }
            let line = try await home.nextHolder()
            _ = try await eventually("it is stopped") { ProcessStat.of(pid: line.pid)?.state == UInt8(ascii: "T") ? true : nil }
            let process = try #require(ProcessStat.of(pid: line.pid)), view = ProcessView(line.pid)
            let lock = try #require(process.environmentValue("RBEE_LOCK_FD").flatMap { Int($0) })
            let out = "\(home.path)/run/worker/one.out"
            #expect(view.descriptors == [0: "/dev/null", 1: out, 2: out, lock: "\(home.path)/run/worker/one.lock"])
            for mask in ["SigBlk", "SigIgn"] { #expect(view.status(mask) == "0000000000000000", "\(mask)") }
            #expect(view.status("Umask") == "0077" && view.directory == "/")
            #expect(process.session == line.pid && process.group == line.pid)
            #expect(process.environmentValue("KEPT") == "yes" && process.environmentValue("RBEE_NONCE") == line.nonce.text)
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID", "JOURNAL_STREAM"] {
                #expect(process.environmentValue(name) == nil, "\(name)")
            }
            #expect(process.environmentValue("NOTIFY_SOCKET") == "@rbee-\(line.nonce)")
            // A starter that shows none of its burdens would prove nothing.
            let burdened = ProcessView(starter.pid)
            #expect(burdened.descriptors.count > 40 && burdened.status("Umask") == "0000" && burdened.directory == "/tmp")
            #expect(burdened.status("SigIgn") != "0000000000000000")
            try starter.signal(SIGKILL)
            #expect(try await home.hostile().stop().wasRunning)
        }
    }
}
