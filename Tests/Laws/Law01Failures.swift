import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Glibc
import Platform
import Testing

/// Law 1, where starts fail, are watched, or meet what others left: one spawn all the same, and one answer for all who waited for it.
@Suite struct Law01Failures {
    /// Waits until so many racers wait for a process: each that does has opened it.
    private func all(_ count: Int, of race: Race, waitFor pid: Int32) async throws {
        _ = try await eventually("\(count) racers wait for \(pid)") {
            race.processes.count { ProcessView($0.pid).watches(of: pid) > 0 } >= count ? true : nil
        }
    }

    @Test("trifecta T9: 200 processes and a program that crashes: one spawn, and 200 errors that show its last words")
    func twoHundredProcessesAndOneFailure() async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home)
            let program = try home.script(
                "crashes", "echo start >> \(home.path)/starts; head -c 1 \(gate.path) >/dev/null; echo the model is missing >&2; exit 7")
            let race = try Race(200, in: home, program: program)
            try await race.gathered()
            race.go()
            let line = try await home.nextHolder()
            try await all(199, of: race, waitFor: line.pid)
            try gate.open()
            let results = try await race.results()
            #expect(home.starts() == ["start"])
            #expect(results.allSatisfy { $0.code == "start_failed" && $0.end == "exited with status 7" }, "\(results.map(\.code))")
            #expect(results.allSatisfy { $0.message?.contains("  the model is missing\nSee: rbee-keeper worker logs one") == true })
            #expect(results.allSatisfy { $0.output == "the model is missing\n" })
            #expect(try home.holder() == nil && home.processes().isEmpty)
        }
    }

    @Test("tsuku L3: whoever looks, again and again, makes no start fail")
    func lookingDisturbsNoStart() async throws {
        try await TestHome.with { home in
            let looker = Task {
                var looks = 0
                while !Task.isCancelled {
                    _ = try? await home.running()
                    // Who waits for a start that is stopped is told so.
                    _ = try? await home.hostile(owner: "looker").find()
                    looks += 1
                }
                return looks
            }
            let keeper = Task {
                while !Task.isCancelled { _ = try? await home.keeper("status", "--json") }
            }
            let rounds = 12
            for _ in 0..<rounds {
                let daemon = try home.hostile(["--count", "\(home.path)/starts"])
                #expect(try await daemon.ensure().shouldCleanup)
                #expect(try await daemon.stop().wasRunning)
            }
            looker.cancel()
            keeper.cancel()
            #expect(home.starts().count == rounds)
            #expect(await looker.value > 0)
            await keeper.value
        }
    }

    @Test("tsuku L6: callers that come while a daemon drains are served by one new one")
    func duringADrain() async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home)
            let arguments = ["--count", "\(home.path)/starts", "--drain-gate", gate.path]
            let daemon = try home.hostile(arguments)
            try await daemon.ensure()
            let old = try #require(try home.holder())
            let stop = Task { try await daemon.stop(grace: .seconds(300)) }
            _ = try await eventually("it drains") { home.text("run/worker/one.json")?.contains("draining") == true ? true : nil }
            let race = try Race(40, in: home, daemon: arguments)
            try await race.gathered()
            race.go()
            try await all(40, of: race, waitFor: old.pid)
            #expect(home.starts().count == 1, "nobody starts another while it is there")
            try gate.open()
            let results = try await race.results()
            #expect(results.compactMap(\.message) == [])
            #expect(home.starts().count == 2)
            let new = try #require(try home.holder())
            #expect(new.nonce != old.nonce && results.allSatisfy { $0.nonce == new.nonce.text })
            #expect(results.filter(\.startedByUs).count == 1)
            #expect(try await stop.value.wasRunning, "the stop was meant for the old one, and took no more")
            #expect(new.process.isAlive)
        }
    }

    /// Something that stands where a daemon's file belongs.
    struct Obstacle: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// A line of shell that puts it there; `$1` is the path.
        let make: String
        let name: String
        /// nil: it is in nobody's way.
        let complaint: String?
    }

    static let obstacles = [
        Obstacle(
            testDescription: "a socket that nobody listens on any more",
            make: "python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \"$1\"", name: "one.sock", complaint: nil
        ),
        Obstacle(testDescription: "a file in the socket's place", make: "echo mine > \"$1\"", name: "one.sock", complaint: "one.sock"),
        Obstacle(testDescription: "a folder there", make: "mkdir \"$1\"", name: "one.sock", complaint: "one.sock"),
        Obstacle(testDescription: "a link there", make: "ln -s /nowhere \"$1\"", name: "one.sock", complaint: "one.sock"),
        Obstacle(testDescription: "a pipe there", make: "mkfifo \"$1\"", name: "one.sock", complaint: "one.sock"),
        Obstacle(testDescription: "a folder in the lock's place", make: "mkdir \"$1\"", name: "one.lock", complaint: "one.lock"),
        Obstacle(testDescription: "a link there", make: "ln -s /nowhere \"$1\"", name: "one.lock", complaint: "one.lock"),
        Obstacle(testDescription: "a pipe there", make: "mkfifo \"$1\"", name: "one.lock", complaint: "one.lock"),
        Obstacle(
            testDescription: "the record of one that is gone",
            make: """
                printf '{"kind":"worker","instance":"one","nonce":"%032d","pid":999999,"start_ticks":1,"boot_id":"%s","pid_ns":1,"state":"ready",\
                "base_url":"http://127.0.0.1:1","socket":"/nowhere","version":"0.1.0","build_id":"b","protocol":1,"ttl_secs":0,"grace_ms":1,\
                "started_at":1}' 7 "$(cat /proc/sys/kernel/random/boot_id)" > "$1"
                """, name: "one.json", complaint: nil),
    ]

    @Test(
        "what others left in the place of its files: one daemon, or one reason for all who ask, and what is not ours stays",
        arguments: obstacles)
    func obstacle(_ obstacle: Obstacle) async throws {
        try await TestHome.with { home in
            _ = try home.directory()
            let name = "run/worker/\(obstacle.name)", path = "\(home.path)/\(name)"
            let made = try await KeeperProcess("/bin/sh", ["-c", obstacle.make, "sh", path], environment: home.programEnvironment())
                .finish()
            try #require(made.exit == 0, "\(made.errors)")
            let before = try home.file(name)
            let race = try Race(12, in: home, daemon: ["--kind", "worker", "--port", "0"], program: TestHome.testDaemon)
            try await race.gathered()
            race.go()
            let results = try await race.results()
            if let complaint = obstacle.complaint {
                #expect(results.allSatisfy { $0.message?.contains(complaint) == true }, "\(results.compactMap(\.message))")
                #expect(try home.file(name) == before, "it is not ours to remove")
                #expect(home.processes().isEmpty)
                home.remove(file: name)
                rmdir(path)
            } else {
                #expect(results.compactMap(\.message) == [])
                #expect(Set(results.map(\.nonce)).count == 1 && results.filter(\.startedByUs).count == 1)
            }
            // Nothing of it stays in the way.
            let daemon = try home.lifecycle()
            #expect(try await daemon.ensure().shouldCleanup == (obstacle.complaint != nil))
            #expect(try await daemon.status().state == .ready)
        }
    }

    @Test("two owners who want it otherwise: one daemon, as the one who started it wants it, and only that one ends it")
    func twoOwners() async throws {
        try await TestHome.with { home in
            let count = ["--count", "\(home.path)/starts"]
            let wishes = try ["as-one-likes", "as-another-likes"].map { wish in
                try home.hostile(count + ["--as-version", wish], owner: wish)
            }
            let handles = try await withThrowingTaskGroup(of: (Int, DaemonHandle).self) { group in
                for (number, daemon) in wishes.enumerated() { group.addTask { (number, try await daemon.ensure()) } }
                var handles: [Int: DaemonHandle] = [:]
                for try await (number, handle) in group { handles[number] = handle }
                return handles
            }
            #expect(home.starts().count == 1)
            let winner = try #require(handles.first { $0.value.shouldCleanup }?.key)
            let loser = 1 - winner
            #expect(handles[loser]?.shouldCleanup == false)
            for daemon in wishes { #expect(try await daemon.info().version == wishes[winner].owner) }
            #expect(try await wishes[loser].release(#require(handles[loser])) == nil)
            #expect(try home.holder() != nil, "the other one's")
            #expect(try await wishes[winner].release(#require(handles[winner]))?.wasRunning == true)
            #expect(try home.holder() == nil)
        }
    }
}
