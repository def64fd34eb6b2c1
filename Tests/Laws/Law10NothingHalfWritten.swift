import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import HTTP
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 10: whatever has happened to a file, it is reported and set aside, or named; nothing crashes, nothing is lost, nothing taken for absent.
@Suite struct Law10NothingHalfWritten {
    /// The files that tell of a daemon, by their names for an instance.
    static let kinds: [(name: String, file: @Sendable (String) -> String)] = [
        ("record", { "run/worker/\($0).json" }), ("end", { "run/worker/\($0).last.json" }),
        ("handle", { "run/handles/worker-\($0).keeper.json" }), ("intent", { "run/handles/worker-\($0).tester.json" }),
    ]

    /// A home with the files of a daemon that was killed, under a name for each damage; and what they were.
    private func killed(_ home: TestHome, _ instances: [String]) async throws -> [String: [UInt8]] {
        let lifecycle = try home.lifecycle(owner: "keeper")
        try await lifecycle.ensure()
        let line = try #require(try home.holder())
        try await home.process().kill()
        let end = LastEnd(nonce: line.nonce.text, pid: line.pid, signal: SIGKILL, output: "killed", endedAt: 1)
        try home.write("run/worker/one.last.json", try ContractJSON.encodeText(end))
        let id = try DaemonID(kind: .worker, instance: "one")
        try HandleStore(home: RbeeHome(root: home.path)).writeIntent(id, owner: "tester", nonce: Nonce(), now: HandleStore.now() - 3600)
        var files: [String: [UInt8]] = [:]
        for instance in instances {
            try home.writeRun("\(instance).lock", Array(line.text.utf8))
            for kind in Self.kinds {
                let whole = try #require(home.text(kind.file("one"))).replacing("\"one\"", with: "\"\(instance)\"")
                try home.write(kind.file(instance), whole)
                files[kind.file(instance)] = Array(whole.utf8)
            }
        }
        return files
    }

    @Test(
        "records, ends, handles and intents, each in nine ways: named by doctor, set aside with all their bytes by who starts or stops something"
    )
    func filesOfADaemon() async throws {
        try await TestHome.with { home in
            func instance(_ kind: String, _ damage: Damage) -> String { "\(kind)-\(damage.rawValue.lowercased())" }
            let instances = Self.kinds.flatMap { kind in Damage.allCases.map { instance(kind.name, $0) } }
            let whole = try await killed(home, instances)
            var damaged: [(name: String, bytes: [UInt8]?)] = []
            for kind in Self.kinds {
                for damage in Damage.allCases {
                    let name = kind.file(instance(kind.name, damage))
                    let before = try #require(whole[name])
                    try damage.apply(name, in: home, whole: before)
                    damaged.append((name, damage.bytes(before)))
                }
            }
            for command in [["status"], ["status", "worker/record-half"], ["list", "--all", "--json"]] {
                let outcome = try await home.startKeeper(command).finish()
                #expect([0, 3].contains(outcome.exit), "\(command): \(outcome.errors)")
            }
            let doctor = try await home.keeper("doctor")
            for (name, _) in damaged { #expect(doctor.output.contains("\(home.path)/\(name) is corrupt"), "\(name)") }

            let start = try await home.keeper("worker", "start", "record-half", "--model", "builtin")
            #expect(start.exit == 0, "\(start.errors)")
            for (name, bytes) in damaged {
                #expect(start.errors.contains("\(home.path)/\(name)"), "\(name)")
                guard let bytes else { continue }
                let aside = try AtomicFile.read("\(home.path)/\(name).corrupt-1")
                #expect(aside == bytes, "\(name): what somebody may want to look at is all there")
                #expect(!home.exists(name) || name.contains("record-half"))
            }
            #expect(try await home.keeper("shutdown-all").exit == 0)
            #expect(try await home.keeper("doctor").output.contains("is corrupt") == false)
        }
    }

    @Test(
        "lock files that can be no lock: every command names the file, and once it is away all is well",
        arguments: [Damage.folder, .link, .pipe])
    func lockFiles(_ damage: Damage) async throws {
        try await TestHome.with { home in
            _ = try home.directory()
            let name = "run/worker/one.lock"
            try damage.apply(name, in: home, whole: [])
            for (command, exit) in [
                (["worker", "start", "one", "--model", "builtin"], 1), (["worker", "stop", "one"], 1), (["doctor"], 1),
                (["list", "--all"], 0),
            ] {
                let outcome = try await home.startKeeper(command).finish()
                #expect(outcome.exit == Int32(exit), "\(command): \(outcome.output) \(outcome.errors)")
                #expect((outcome.output + outcome.errors).contains("worker/one"), "\(command): \(outcome.output) \(outcome.errors)")
            }
            #expect(rename("\(home.path)/\(name)", "\(home.path)/away") == 0)
            #expect(try await home.keeper("worker", "start", "one", "--model", "builtin").exit == 0)
        }
    }

    @Test(
        "the line of a daemon that lives written over in six ways: it is stopped all the same, and is never absent",
        arguments: Damage.ofBytes)
    func linesOfTheLiving(_ damage: Damage) async throws {
        try await TestHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            let (process, line) = (try home.process(), try #require(try home.holder()))
            let file = try home.directory().openFile("one.lock", flags: O_WRONLY | O_TRUNC)
            try file.write(damage.bytes(Array(line.text.utf8)) ?? [])
            #expect(try await lifecycle.status().state.isRunning)
            #expect(try await lifecycle.stop().wasRunning)
            #expect(!process.isRunning)
        }
    }

    @Test("tokens in nine ways: named, set aside, and made anew", arguments: Damage.allCases) func tokens(_ damage: Damage) async throws {
        try await TestHome.with { home in
            try await home.lifecycle().ensure()
            try await home.lifecycle().stop()
            let token = try #require(home.text("run/token"))
            try damage.apply("run/token", in: home, whole: Array(token.utf8))
            let doctor = try await home.keeper("doctor")
            #expect(doctor.output.contains("\(home.path)/run/token"))
            #expect(!doctor.output.contains("run/token is ours alone"), "\(doctor.output)")
            let start = try await home.keeper("worker", "start", "one", "--model", "builtin")
            #expect(start.exit == 0 && start.errors.contains("run/token"), "\(start.errors)")
            #expect(home.token.utf8.count == 64 && home.token + "\n" != token)
            if let bytes = damage.bytes(Array(token.utf8)) {
                #expect(try AtomicFile.read("\(home.path)/run/token.corrupt-1") == bytes)
            }
            let daemon = try await TestDaemon(try home.daemon(.worker, "one"), home)
            #expect(try await daemon.api.ask(.post, DaemonPath.ping).status == 200)
        }
    }

    @Test(
        "configurations that are none: status works, a start fails and names the file",
        arguments: [Damage.half, .noText, .wrongType, .huge, .folder, .pipe])
    func configurations(_ damage: Damage) async throws {
        try await TestHome.with { home in
            let whole = Array("queen:\n  port: 0\n  ttl: 1h\nworker: {ttl: [".utf8)
            try damage.apply("config.yaml", in: home, whole: whole)
            let path = "\(home.path)/config.yaml"
            for (command, exit, isNamed) in [
                (["status"], 3, false), (["config", "list"], 0, true), (["doctor"], 1, true), (["queen", "start"], 1, true),
            ] {
                let outcome = try await home.startKeeper(command).finish()
                #expect(outcome.exit == Int32(exit), "\(command): \(outcome.output) \(outcome.errors)")
                if isNamed { #expect((outcome.output + outcome.errors).contains(path), "\(command): \(outcome.errors)") }
            }
            if damage != .folder, damage != .pipe, damage != .huge {
                #expect(try AtomicFile.read(path) == damage.bytes(whole), "nobody has touched it")
            }
        }
    }

    @Test("logs and outputs that are none, or hold anything: the daemon starts, and what can be shown is")
    func logs() async throws {
        try await TestHome.with { home in
            mkdir("\(home.path)/logs", 0o700)
            for (number, damage) in Damage.allCases.enumerated() {
                try damage.apply("logs/worker-i\(number).log", in: home, whole: Array("{\"message\":\"half".utf8))
                if damage != .folder, damage != .link, damage != .pipe {
                    try home.writeRun("i\(number).out", damage.bytes(Array("crash".utf8)) ?? [])
                }
                let lifecycle = try home.lifecycle(instance: "i\(number)")
                try await lifecycle.ensure()
                for streams in [[], ["--streams"]] {
                    let outcome = try await home.startKeeper(["logs", "worker/i\(number)"] + streams).finish()
                    #expect([0, 1].contains(outcome.exit), "\(damage): \(outcome.errors)")
                    #expect(outcome.exit == 0 || outcome.errors.contains("worker-i\(number).log"), "\(damage): \(outcome.errors)")
                }
                #expect(try await lifecycle.stop().wasRunning)
            }
        }
    }

    @Test(
        "tsuku L14: what stands in the place of a daemon's socket is named and left; the daemon is stopped by signal, or makes its socket again",
        arguments: [Damage.empty, .folder, .link])
    func inThePlaceOfTheSocket(_ damage: Damage) async throws {
        try await TestHome.with { home in
            let lifecycle = try home.lifecycle { $0.startTimeout = .seconds(20) }
            try await lifecycle.ensure()
            try damage.apply("run/worker/one.sock", in: home, whole: [])
            let stranger = try #require(try home.directory().stat("one.sock"))
            let path = "\(home.path)/run/worker/one.sock"
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(error?.code == .foreign && error?.message.contains(path) == true, "\(error?.message ?? "")")
            let row = try await lifecycle.status()
            #expect(row.state == .silent && row.reason?.contains(path) == true)
            let doctor = try await home.keeper("doctor")
            #expect(doctor.exit == 1 && doctor.output.contains("try: rm -r '\(path)'"), "\(doctor.output)")
            // Out of the way, the daemon makes its socket again.
            #expect(rename(path, "\(path).away") == 0)
            let found = try await eventually("it is reached") { try await lifecycle.find() }
            #expect(!found.shouldCleanup)
            // In the way again, a stop ends it by signal and leaves what is not the daemon's.
            #expect(unlink(path) == 0 && rename("\(path).away", path) == 0)
            let receipt = try await lifecycle.stop()
            #expect(receipt.rungs.map(\.step) == ["shutdown", "SIGTERM"] && !receipt.socketRemoved, "\(receipt.rungs)")
            #expect(try home.directory().stat("one.sock")?.isSameFile(as: stranger) == true)
            // A start does not remove it either, and says so.
            let start = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(start?.message.contains("one.sock is in the way") == true, "\(start?.message ?? "")")
        }
    }
}
