import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 7: stop ends, whatever the daemon does, and its receipt says how.
@Suite struct Law07StopEnds {
    /// A daemon that makes just those rungs needed.
    struct Ladder: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arguments: [String]
        /// The rungs that are climbed, each with how its result begins.
        let rungs: [[String]]
        /// What it is sent before it is stopped.
        var signal: Int32?
        var grace: Duration = .milliseconds(150)
        /// Less than this it cannot take, more than `atMost` it must not.
        var atLeast: Duration = .zero
    }

    private static let accepted = ["shutdown", "accepted"], term = ["SIGTERM", "sent to"], killed = ["SIGKILL", "sent to"]

    static let ladders = [
        Ladder(testDescription: "it does as it is asked", arguments: [], rungs: [accepted], grace: .seconds(20)),
        Ladder(
            testDescription: "rbee 6.14: it ends within the request", arguments: ["--shutdown", "abrupt"], rungs: [accepted],
            grace: .seconds(20)),
        Ladder(
            testDescription: "it drains, within its grace", arguments: ["--drain", "300"], rungs: [accepted], grace: .seconds(20),
            atLeast: .milliseconds(300)),
        Ladder(
            testDescription: "it drains for longer than that", arguments: ["--drain", "600000"], rungs: [accepted, term],
            atLeast: .milliseconds(150)),
        Ladder(
            testDescription: "it drains for longer than that, and ignores SIGTERM", arguments: ["--drain", "600000", "--ignore-term"],
            rungs: [accepted, term, killed], atLeast: .milliseconds(450)),
        Ladder(testDescription: "it refuses", arguments: ["--shutdown", "refuse"], rungs: [["shutdown", "worker/one refused"], term]),
        Ladder(
            testDescription: "rbee 6.13: it answers 404", arguments: ["--shutdown", "missing"],
            rungs: [["shutdown", "worker/one refused"], term]),
        Ladder(
            testDescription: "rbee 6.13: it answers 500", arguments: ["--shutdown", "error"],
            rungs: [["shutdown", "worker/one refused"], term]),
        Ladder(
            testDescription: "it accepts and goes on", arguments: ["--shutdown", "accept"], rungs: [accepted, term],
            atLeast: .milliseconds(150)),
        Ladder(
            testDescription: "it never answers", arguments: ["--shutdown", "silent"],
            rungs: [["shutdown", "worker/one does not answer"], term], atLeast: .seconds(1)),
        Ladder(
            testDescription: "rbee 6.9: it hangs", arguments: ["--hang-after", "2"],
            rungs: [["shutdown", "worker/one does not answer"], term], atLeast: .seconds(1)),
        Ladder(
            testDescription: "it ignores SIGTERM too", arguments: ["--shutdown", "refuse", "--ignore-term"],
            rungs: [["shutdown", "worker/one refused"], term, killed], atLeast: .milliseconds(300)),
        Ladder(
            testDescription: "it was stopped by SIGSTOP: busy is not dead", arguments: [],
            rungs: [["shutdown", "worker/one does not answer"], term], signal: SIGSTOP, atLeast: .seconds(1)),
        Ladder(
            testDescription: "SIGSTOP, and it ignores SIGTERM", arguments: ["--ignore-term"],
            rungs: [["shutdown", "worker/one does not answer"], term, killed], signal: SIGSTOP, atLeast: .seconds(1)),
        Ladder(
            testDescription: "it answers as somebody else",
            arguments: ["--no-record", "--hang-after", "1000", "--shutdown", "refuse", "--ignore-term"],
            rungs: [["shutdown", "worker/one refused"], term, killed]),
    ]

    @Test("each rung of the ladder, by a daemon that makes just that one needed", arguments: ladders) func rung(_ ladder: Ladder)
        async throws
    {
        try await TestHome.with { home in
            let lifecycle = try home.hostile(ladder.arguments)
            try await lifecycle.ensure()
            let process = try home.process()
            if let signal = ladder.signal { try process.signal(signal) }
            let receipt = try await lifecycle.stop(
                ladder: .graceful(grace: ladder.grace, termination: .milliseconds(300)), cascade: false)
            #expect(receipt.wasRunning && !process.isRunning)
            #expect(receipt.rungs.map(\.step) == ladder.rungs.map { $0[0] }, "\(receipt.rungs)")
            for (rung, expected) in zip(receipt.rungs, ladder.rungs) { #expect(rung.result.hasPrefix(expected[1]), "\(rung)") }
            #expect(receipt.processes.map(\.pid) == [process.pid] && receipt.processes.first?.signalled == (receipt.rungs.count > 1))
            #expect(receipt.milliseconds >= ladder.atLeast.milliseconds, "\(receipt.milliseconds)")
            #expect(receipt.rungs.reduce(0) { $0 + $1.milliseconds } <= receipt.milliseconds)
            #expect(receipt.socketRemoved && !home.exists("run/worker/one.sock") && !home.exists("run/worker/one.json"))
            try await home.freed()
            #expect(try await !lifecycle.stop().wasRunning, "rbee 6.11: not running is a success that says so")
        }
    }

    @Test(
        "what it started goes with it, wherever it went",
        arguments: [
            ["plain"], ["session"], ["orphan"], ["session,orphan"], ["stubborn"], ["session,orphan,stubborn"], ["scrubbed"], ["moving"],
            ["moving,session"], ["locked,session,orphan"], ["plain", "session", "orphan", "session,orphan,stubborn", "moving", "scrubbed"],
        ])
    func theWholeSubtree(_ children: [String]) async throws {
        try await TestHome.with { home in
            let lifecycle = try home.hostile(children.flatMap { ["--child", $0] })
            try await lifecycle.ensure()
            let line = try #require(try home.holder())
            #expect(try await eventually("its children") { members(line).count > children.count ? true : nil })
            let receipt = try await lifecycle.stop(ladder: .graceful(grace: .seconds(5), termination: .milliseconds(300)), cascade: false)
            #expect(receipt.processes.count > children.count, "\(receipt.processes)")
            #expect(members(line).isEmpty)
            try await home.freed()
            if children.contains(where: { $0.contains("stubborn") }) { #expect(receipt.rungs.last?.step == "SIGKILL") }
        }
    }

    /// The living processes of a daemon: those that carry its nonce, and those of its session, whose environment may be scrubbed.
    private func members(_ line: LockLine) -> [Int32] {
        ProcessScan.read().filter { entry in
            !entry.isShepherd && (entry.session == line.pid || entry.nonce == line.nonce.text)
        }.map(\.pid)
    }

    @Test("a tree that goes on forking while it is stopped, 300 processes each in a session of its own, SIGTERM ignored")
    func aTreeThatGoesOnForking() async throws {
        try await TestHome.with { home in
            let program = try home.script(
                "bomb",
                """
                trap '' TERM
                (n=0; while [ $n -lt 300 ]; do n=$((n+1)); setsid sleep 1000 & done; echo done > \(home.path)/done; wait) &
                exec \(TestHome.hostileProgram) "$@"
                """)
            let lifecycle = try home.hostile(program: program)
            try await lifecycle.ensure()
            let line = try #require(try home.holder())
            _ = try await eventually("it forks") { members(line).count > 20 ? true : nil }
            let receipt = try await lifecycle.stop(
                ladder: .graceful(grace: .milliseconds(100), termination: .milliseconds(50)), cascade: false)
            #expect(receipt.rungs.last?.step == "SIGKILL" && receipt.processes.count > 20)
            #expect(members(line).isEmpty)
            try await home.freed()
        }
    }

    @Test("children that have ended and that it does not reap count as gone")
    func theParentOfZombies() async throws {
        try await TestHome.with { home in
            let program = try home.script("zombies", "for n in 1 2 3; do (exit 0) & done; exec \(TestHome.hostileProgram) \"$@\"")
            let lifecycle = try home.hostile(program: program)
            try await lifecycle.ensure()
            let line = try #require(try home.holder())
            let zombies = (ProcessTable.scan() ?? []).filter { $0.parent == line.pid && $0.isDead }
            #expect(zombies.count == 3)
            let receipt = try await lifecycle.stop(grace: .seconds(5))
            #expect(receipt.rungs.map(\.step) == ["shutdown"] && receipt.processes.map(\.pid) == [line.pid])
        }
    }

    @Test("a stop during a start, at every stage of it: the stop ends it, and whoever waited is told")
    func duringAStart() async throws {
        // Before it listens, while it answers 503, and while it hangs with SIGTERM ignored.
        for arguments in [["--gate"], ["--warm-up-gate"], ["--ignore-term", "--gate"]] {
            try await TestHome.with { home in
                let gate = try Gate(in: home)
                let lifecycle = try home.hostile(arguments + [gate.path])
                let start = Task { try await lifecycle.ensure() }
                let line = try await home.nextHolder()
                // Asked only when it has come as far as its gate: its program runs by then.
                _ = try await eventually("its program") { ProcessStat.of(pid: line.pid)?.name == "rbee-hostile" ? true : nil }
                let receipt = try await home.lifecycle(owner: "another").stop(
                    ladder: .graceful(grace: .milliseconds(200), termination: .milliseconds(200)), cascade: false)
                #expect(receipt.wasRunning && !line.process.isAlive)
                let error = await #expect(throws: LifecycleError.self) { try await start.value }
                #expect(error?.code == .startFailed, "\(error?.message ?? "")")
                try await home.freed()
            }
        }
    }

    @Test("stops of one daemon by many processes at once: all succeed, and one of them at least stopped it")
    func stopsFromManyProcesses() async throws {
        try await TestHome.with { home in
            try await home.hostile(["--drain", "200", "--child", "session,stubborn"]).ensure()
            let keepers = try (0..<6).map { _ in try home.startKeeper(["worker", "stop", "one", "--json"]) }
            var stopped = 0
            for keeper in keepers {
                let outcome = try await keeper.finish()
                #expect(outcome.exit == 0, "\(outcome.errors)")
                if outcome.output.contains("\"was_running\":true") { stopped += 1 }
            }
            #expect(stopped >= 1)
            try await home.expectNothingLeft()
        }
    }

    @Test("rbee 6.10: only the daemon that is meant ends, not others of its program or its name")
    func neverByName() async throws {
        try await TestHome.with { home in
            try await TestHome.with { other in
                for (place, instance) in [(home, "one"), (home, "one-more"), (other, "one")] {
                    try await place.hostile(instance: instance).ensure()
                }
                // A process whose command line is full of what a stop by name would look for.
                let editor = try KeeperProcess(
                    "/bin/sh", ["-c", "exec sleep 1000 # rbee-hostile --kind worker --instance one rbee-worker"], environment: [:])
                #expect(try await home.hostile().stop().wasRunning)
                #expect(try home.holder(.worker, "one-more") != nil)
                #expect(try other.holder() != nil)
                #expect(ProcessStat.of(pid: editor.pid)?.isDead == false)
            }
        }
    }
}
