import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Platform
import Testing

/// Law 3: a handle is returned only after the daemon itself has answered as itself; everything else is an error, soon, that says what happened.
@Suite struct Law03ReadyMeansAnswered {
    @Test func theHostileDaemonIsAGoodOneUnlessTold() async throws {
        try await TestHome.with { home in
            let daemon = try home.hostile(["--port", "0", "--count", "\(home.path)/starts"])
            let handle = try await daemon.ensure()
            #expect(handle.shouldCleanup && handle.baseURL.hasPrefix("http://127.0.0.1:"))
            #expect(try await daemon.status().state == .ready)
            #expect(try await daemon.ping().status == "ok")
            #expect(home.starts().count == 1)
            let receipt = try await daemon.stop()
            #expect(receipt.rungs.map(\.step) == ["shutdown"])
            #expect(home.names(in: "run/worker") == ["one.lock", "one.out"])
            #expect(home.processes().isEmpty)
        }
    }

    /// A daemon that is odd, and comes up all the same.
    @Test(
        "odd, but ready: it is served",
        arguments: [
            ["--delay", "300"], ["--warm-up", "300"], ["--no-notify"], ["--no-notify", "--warm-up", "300"], ["--no-record"], ["--forget"],
            ["--close-streams"], ["--flood", "3000000"], ["--flood-forever"], ["--lie", "--delay", "300"], ["--lie", "--warm-up", "300"],
            ["--announce", "READY="], ["--announce", "REA"], ["--announce", "READY=1\nSTATUS"], ["--announce-pad", "20000"],
            ["--announce", "=\n==\n\u{1}=\nREADY=2"], ["--chatter"], ["--chatter", "--warm-up", "300"], ["--pad", "1000000"],
            ["--extend", "60000", "--warm-up", "600"],
        ])
    func oddButReady(_ arguments: [String]) async throws {
        try await TestHome.with { home in
            let extends = arguments.contains("--extend")
            let daemon = try home.hostile(arguments) { $0.startTimeout = extends ? .milliseconds(300) : TestAPI.patience }
            #expect(try await daemon.ensure().shouldCleanup)
            #expect(try await daemon.info().nonce == home.holder()?.nonce.text)
            #expect(try await daemon.stop().wasRunning)
        }
    }

    /// A daemon that must not be taken for a ready one.
    struct Mode: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arguments: [String]
        let code: LifecycleError.Code
        /// What the error says beyond the daemon's name.
        let says: [String]
        /// nil: what happens ends the wait, and not the time, of which there is more than a test may take.
        var time: Duration?
    }

    private static let logs = "rbee-keeper worker logs one", doctor = "rbee-keeper doctor"
    private static let late = ["was not ready within its time and was stopped", logs]
    private static let silent = ["said that it was ready, but did not answer on its control socket", logs]
    private static let brief: Duration = .milliseconds(500)

    static let modes = [
        Mode(
            testDescription: "tsuku L8: dies with a word", arguments: ["--say", "no such model", "--exit", "3"], code: .startFailed,
            says: ["exited with status 3 before it was ready", "\n  no such model\n", logs]),
        Mode(
            testDescription: "dies without one", arguments: ["--exit", "0"], code: .startFailed,
            says: ["exited with status 0 before it was ready and printed nothing", logs]),
        Mode(
            testDescription: "dies of a signal", arguments: ["--say", "assertion failed", "--signal", "6"], code: .startFailed,
            says: ["was ended by signal 6", "  assertion failed\n", logs]),
        Mode(
            testDescription: "dies of its first request", arguments: ["--die-after", "0"], code: .startFailed,
            says: ["exited with status 9", logs]),
        Mode(
            testDescription: "dies of its second request", arguments: ["--die-after", "1"], code: .startFailed,
            says: ["exited with status 9", logs]),
        Mode(
            testDescription: "goes on as another process", arguments: ["--leave", "--gate", "GATE"], code: .startFailed,
            says: ["exited with status 0 before it was ready", logs]),
        Mode(testDescription: "never listens", arguments: ["--gate", "GATE"], code: .timedOut, says: late, time: brief),
        Mode(
            testDescription: "never listens, floods its log, ignores SIGTERM",
            arguments: ["--flood", "3000000", "--gate", "GATE", "--ignore-term"], code: .timedOut, says: late + ["\n  fffff"], time: brief),
        Mode(testDescription: "is stopped by a signal", arguments: ["--freeze"], code: .timedOut, says: late, time: brief),
        Mode(testDescription: "rbee 6.3: is never healthy", arguments: ["--never-healthy"], code: .timedOut, says: late, time: brief),
        Mode(
            testDescription: "is never healthy, and talks without end", arguments: ["--never-healthy", "--chatter"], code: .timedOut,
            says: late,
            time: brief),
        Mode(
            testDescription: "asks for more time, and is never healthy", arguments: ["--extend", "700", "--never-healthy"], code: .timedOut,
            says: late, time: .milliseconds(300)),
        Mode(testDescription: "accepts nobody", arguments: ["--deaf"], code: .timedOut, says: late, time: brief),
        Mode(testDescription: "accepts, and never answers", arguments: ["--mute"], code: .timedOut, says: late, time: brief),
        Mode(testDescription: "hangs after its first answer", arguments: ["--hang-after", "1"], code: .timedOut, says: late, time: brief),
        Mode(
            testDescription: "says that it is ready, and then nothing", arguments: ["--lie", "--gate", "GATE"], code: .silent, says: silent),
        Mode(testDescription: "rbee 6.6: answers 200 to everything", arguments: ["--all-200"], code: .silent, says: silent),
        Mode(testDescription: "speaks another protocol", arguments: ["--banner", "SSH-2.0-OpenSSH_9.2\r\n"], code: .silent, says: silent),
        Mode(testDescription: "answers with a head without end", arguments: ["--endless-head"], code: .silent, says: silent),
        Mode(testDescription: "answers with a body without end", arguments: ["--endless-body"], code: .silent, says: silent),
        Mode(testDescription: "says far too much of itself", arguments: ["--pad", "20000000"], code: .silent, says: silent),
        Mode(
            testDescription: "answers as another run", arguments: ["--as-nonce", String(repeating: "ab", count: 16)],
            code: .foreign,
            says: ["which answers as somebody else (worker/one, of the run abab", doctor]),
        Mode(
            testDescription: "answers as another kind", arguments: ["--as-kind", "queen"], code: .foreign,
            says: ["which answers as somebody else (queen/one, ", doctor]),
        Mode(
            testDescription: "answers as a kind that nobody knows", arguments: ["--as-kind", "beekeeper"], code: .foreign,
            says: ["which answers as somebody else (beekeeper/one, ", doctor]),
        Mode(
            testDescription: "answers as another instance", arguments: ["--as-instance", "two"], code: .foreign,
            says: ["which answers as somebody else (worker/two, ", doctor]),
        Mode(
            testDescription: "answers as another process", arguments: ["--as-pid", "1"], code: .foreign,
            says: ["but process 1 (worker/one, ", "answers in its place; it was stopped", doctor]),
    ]

    @Test(
        "not ready: an error that says what happened, why, and the next command; nothing runs on, and the next start is clean",
        arguments: modes)
    func notReady(_ mode: Mode) async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home)
            let count = ["--count", "\(home.path)/starts"]
            let daemon = try home.hostile(mode.arguments.map { $0 == "GATE" ? gate.path : $0 } + count) {
                $0.startTimeout = mode.time ?? .seconds(3600)
            }
            let error = await #expect(throws: LifecycleError.self) {
                try await EventLoop.shared.withDeadline(TestAPI.patience) { try await daemon.ensure() }
            }
            let message = error?.message ?? ""
            #expect(error?.code == mode.code && message.hasPrefix("worker/one "), "\(message)")
            for text in mode.says { #expect(message.contains(text), "\(message)") }
            #expect(message.utf8.count < 4096 && (error?.output ?? "").utf8.count <= 4096)
            if mode.code != .startFailed || mode.arguments.contains("--leave") { #expect(error?.pid != nil || error?.end != nil) }
            // The freeing of a lock is for the kernel to do, when whoever holds it is taken apart.
            try await home.freed()
            #expect(home.starts().count <= 1 && home.processes().isEmpty)
            #expect(!home.exists("run/worker/one.sock") && home.names(in: "run/handles").isEmpty)
            #expect(try await home.hostile().ensure().shouldCleanup)
        }
    }

    @Test("a program that floods its log and dies is quoted with its last words")
    func lastWordsOfAFlood() async throws {
        try await TestHome.with { home in
            let program = try home.script("floods", "head -c 5000000 /dev/zero | tr '\\0' f >&2; echo >&2; echo last words >&2; exit 3")
            let error = await #expect(throws: LifecycleError.self) { try await home.hostile(program: program).ensure() }
            #expect(error?.code == .startFailed && error?.end == .exited(3))
            #expect(error?.output?.hasSuffix("\nlast words\n") == true && error?.message.contains("\n  last words\n") == true)
            #expect((error?.message ?? "").utf8.count < 4096, "and no more of it than helps")
        }
    }

    @Test(
        "a daemon that runs and answers as somebody else is no daemon of ours: nobody is handed it, and it is left alone",
        arguments: [["--as-kind", "queen"], ["--as-instance", "two"]])
    func whoRunsAndAnswersAsAnother(_ arguments: [String]) async throws {
        try await TestHome.with { home in
            // Started by hand, as nobody's launch: it takes its lock itself, and its nonce is the one in that.
            let process = try StartedProgram(
                .init(TestHome.hostileProgram, arguments, environment: ["RBEE_HOME": home.path]), output: "\(home.path)/by-hand")
            let line = try await home.nextHolder()
            _ = try await eventually("it is ready") { home.text("run/worker/one.json")?.contains("\"ready\"") == true ? true : nil }
            let error = await #expect(throws: LifecycleError.self) { try await home.hostile().ensure() }
            #expect(error?.code == .foreign, "\(error?.message ?? "")")
            #expect(error?.message.contains("process \(line.pid)") == true && error?.message.contains(arguments[1]) == true)
            #expect(process.isRunning)
            #expect(try await home.hostile().stop().wasRunning, "by its nonce, it may be stopped")
        }
    }
}
