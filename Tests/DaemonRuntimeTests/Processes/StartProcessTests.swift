import DaemonContract
import FoundationEssentials
import Glibc
import Platform
import Testing

@testable import DaemonRuntime

/// The runtime in processes of its own: how daemons come up, and how they do not.
@Suite struct StartProcessTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    private func write(_ text: String, _ name: String) {
        _ = FileManager.default.createFile(atPath: home.path + "/" + name, contents: Data(text.utf8))
    }

    @Test(arguments: [
        (["--nope"], "unknown option --nope"), (["--prot", "1"], "unknown option --prot; did you mean --port?"),
        (["--port", "x"], "--port: \"x\" is no port"), (["--ttl", "soon"], "--ttl:"),
        (["--log-level", "loud"], "--log-level:"), (["--owner", "A B"], "--owner:"), (["extra"], "unexpected argument"),
        (["--port"], "--port needs a value"), (["--start-code", "900"], "--start-code:"),
    ])
    func aWrongCommandLineIsOneLineAnd64(arguments: [String], message: String) async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home, "a", arguments)
            #expect(try daemon.waitEnd() == .exit(64))
            #expect(daemon.output.hasPrefix("rbee-worker: \(message)"))
            #expect(daemon.output.hasSuffix("; see: rbee-worker --help\n") && daemon.output.split(separator: "\n").count == 1)
            #expect(!home.exists("run"), "nothing was touched")
        }
    }

    @Test func helpAndVersionNeedNothing() async throws {
        try await onOwnThread { [home] in
            let help = try TestDaemonProcess(home, "a", ["--help"], environment: ["RBEE_HOME": "relative"])
            #expect(try help.waitEnd() == .exit(0))
            #expect(help.output.contains("--start-delay DURATION") && help.output.contains("--log-level LEVEL"))
            let version = try TestDaemonProcess(home, "a", ["--version", "--kind", "queen"], environment: ["RBEE_HOME": ""])
            #expect(try version.waitEnd() == .exit(0))
            #expect(version.output == "queen-rbee \(RbeeVersion.current)\n")
            #expect(!home.exists("run"))
        }
    }

    @Test func aBadInstanceNameIs64() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home, "../a")
            #expect(try daemon.waitEnd() == .exit(64))
            #expect(daemon.output.contains("--instance: \"../a\""))
        }
    }

    @Test func badConfigurationIs78WithFileLineAndKey() async throws {
        write("worker:\n  ttl: soon\nhttp:\n  body_bytes: huge\n", "config.yaml")
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home)
            #expect(try daemon.waitEnd() == .exit(78))
            #expect(daemon.output.contains("\(home.path)/config.yaml:2: worker.ttl: expected a duration"))
            #expect(daemon.output.contains("\(home.path)/config.yaml:4: http.body_bytes: expected a size"))
            #expect(!home.exists("run"))

            let variable = try TestDaemonProcess(home, "a", ["--config", "/dev/null"], environment: ["RBEE_STOP_GRACE": "x"])
            #expect(try variable.waitEnd() == .exit(78))
            #expect(variable.output.contains("RBEE_STOP_GRACE"))

            let absent = try TestDaemonProcess(home, "a", ["--config", "\(home.path)/absent.yaml"])
            #expect(try absent.waitEnd() == .exit(78))
            #expect(absent.output.contains("absent.yaml: cannot be read: No such file"))
        }
    }

    @Test func aRelativeHomeIsRefused() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home, "a", environment: ["RBEE_HOME": "relative"])
            #expect(try daemon.waitEnd() == .exit(71))
            #expect(daemon.output.contains("RBEE_HOME must be an absolute path"))
        }
    }

    @Test func theSecondOneLosesAndTouchesNothing() async throws {
        try await onOwnThread { [home] in
            let winner = try TestDaemonProcess.ready(home)
            let names = ["run/worker/a.json", "run/worker/a.lock", "run/worker/a.sock", "logs/worker-a.log"]
            let before = names.map { (home.inode($0), home.contents($0)) }
            let loser = try TestDaemonProcess(home)
            #expect(try loser.waitEnd() == .exit(75))
            #expect(loser.output == "rbee-worker: worker/a is already running (pid \(winner.pid))\n")
            for (name, before) in zip(names, before) {
                #expect(home.inode(name) == before.0 && home.contents(name) == before.1, "\(name)")
            }
            #expect(try winner.ask("GET", "/health").status == 200)
        }
    }

    @Test func ofManyAtOnceOneWins() async throws {
        try await onOwnThread { [home] in
            let all = try (0..<8).map { _ in try TestDaemonProcess(home) }
            var ready: TestDaemonProcess?
            var lost = 0
            for daemon in all {
                do {
                    try daemon.waitReady()
                    #expect(ready == nil, "two are ready")
                    ready = daemon
                } catch {
                    #expect(try daemon.waitEnd() == .exit(75))
                    lost += 1
                }
            }
            #expect(lost == 7)
            #expect(try ready?.ask("GET", "/v1/info").decode(DaemonInfo.self).pid == ready?.pid)
        }
    }

    @Test func instancesAndKindsDoNotDisturbEachOther() async throws {
        try await onOwnThread { [home] in
            let one = try TestDaemonProcess.ready(home, "a")
            let two = try TestDaemonProcess.ready(home, "b")
            let other = try TestDaemonProcess.ready(home, "a", ["--kind", "hive"])
            #expect(Set([one.pid, two.pid, other.pid]).count == 3)
            #expect(try two.ask("GET", "/v1/info").decode(DaemonInfo.self).instance == "b")
            #expect(home.exists("run/hive/a.sock"))
        }
    }

    @Test func whileComingUpItSaysSo() async throws {
        try await onOwnThread { [home] in
            do { _ = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker") }
            let watch = try FolderWatch(home.path + "/run/worker")
            let daemon = try TestDaemonProcess(home, "a", ["--start-delay", "1h", "--extend", "2h"])
            try daemon.waitMessage { $0["EXTEND_TIMEOUT_USEC"] == "7200000000" }
            try watch.wait { (try? daemon.record.port) != nil }
            #expect(try daemon.record.state == .starting)
            let health = try daemon.ask("GET", "/health")
            #expect(health.status == 503)
            #expect(try health.decode(HealthStatus.self) == .unhealthy(reason: "starting"))
            let early = try daemon.ask("GET", "/v1/look")
            #expect(early.status == 503 && early.errorCode == "starting" && early.headers["retry-after"] == "1")
            #expect(try daemon.ask("GET", "/v1/info").status == 200)
            #expect(try daemon.ask("POST", "/v1/ping").status == 200)
            // It is told to end before it is up.
            #expect(try daemon.ask("POST", "/v1/shutdown").status == 200)
            #expect(try daemon.waitEnd() == .exit(0))
            #expect(!home.exists("run/worker/a.sock"))
        }
    }

    @Test func readyIsAnnouncedWhenItIs() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--owner", "hive/localhost", "--ttl", "1h"])
            let record = try daemon.record
            #expect(record.state == .ready && record.pid == daemon.pid && record.nonce == daemon.nonce.text)
            #expect(record.owner == "hive/localhost" && record.ttlSecs == 3600 && record.graceMs == 10_000)
            #expect(record.baseURL == "http://127.0.0.1:\(try #require(record.port))")
            #expect(record.startTicks == (try ProcessIdentity.of(pid: daemon.pid))?.startTicks)
            let directory = try #require(try RunDirectory.open(home.path + "/run/worker", create: false))
            #expect(try LockLine.read(in: directory, name: "a.lock")?.nonce == daemon.nonce)
            #expect(try FileLock.probe(in: directory, name: "a.lock") == .held)
            #expect(try daemon.ask("GET", "/health").text == #"{"status":"healthy"}"#)
            // What was for it alone is hidden from its children, and still to be seen from outside.
            #expect(try ProcessIdentity.of(pid: daemon.pid)?.environmentContains("RBEE_NONCE", daemon.nonce.text) == true)
            for name in ["run", "run/worker", "logs"] {
                var about = stat()
                #expect(stat(home.path + "/" + name, &about) == 0 && about.st_mode & 0o777 == 0o700, "\(name)")
            }
            for name in ["run/token", "run/worker/a.sock", "run/worker/a.json", "run/worker/a.lock", "logs/worker-a.log"] {
                var about = stat()
                #expect(stat(home.path + "/" + name, &about) == 0 && about.st_mode & 0o777 == 0o600, "\(name)")
            }
        }
    }

    @Test func comingUpIsUse() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--start-delay", "1s", "--ttl", "10ms"])
            #expect(try daemon.waitEnd() == .exit(0), "the time to live counts from when it is ready")
        }
    }

    @Test func aStartThatFailsSaysWhyAndLeavesNoSocket() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home, "a", ["--start-code", "9", "--output", "last words"])
            #expect(try daemon.waitEnd() == .exit(9))
            #expect(daemon.output.contains("last words\n") && daemon.output.contains("rbee-worker: told not to come up\n"))
            #expect(!home.exists("run/worker/a.sock"))
            let next = try TestDaemonProcess.ready(home)
            #expect(next.isRunning)
        }
    }

    @Test func aPortThatIsTakenIsNamedWithItsHolder() async throws {
        try await onOwnThread { [home] in
            let holder = try TestDaemonProcess.ready(home, "holder")
            let port = try #require(try holder.record.port)
            let began = Monotonic.now()
            let daemon = try TestDaemonProcess(home, "a", ["--port", "\(port)"])
            #expect(try daemon.waitEnd() == .exit(71))
            #expect(
                daemon.output.contains("\(port)") && daemon.output.contains("\(holder.pid)") && daemon.output.contains("rbee-test-daemon"))
            #expect(Monotonic.now().since(began) < 5_000_000_000)
            #expect(!home.exists("run/worker/a.sock"))
            #expect(try holder.ask("GET", "/health").status == 200)
        }
    }

    @Test func somethingElseInTheSocketsPlaceIsNamed() async throws {
        try await onOwnThread { [home] in
            do { _ = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker") }
            #expect(mkdir(home.path + "/run/worker/a.sock", 0o700) == 0)
            let daemon = try TestDaemonProcess(home)
            #expect(try daemon.waitEnd() == .exit(71))
            #expect(daemon.output.contains("\(home.path)/run/worker/a.sock is in the way"))
            #expect(home.exists("run/worker/a.sock"))
        }
    }

    @Test func aLivingStrangersSocketIsLeftAndItsProcessNamed() async throws {
        try await onOwnThread { [home] in
            let directory = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker")
            let (listener, identity) = try directory.bindSocket("a.sock")
            let daemon = try TestDaemonProcess(home)
            #expect(try daemon.waitEnd() == .exit(71))
            #expect(daemon.output.contains("\(home.path)/run/worker/a.sock is served by process \(getpid())"), "\(daemon.output)")
            #expect(try directory.stat("a.sock")?.isSameFile(as: identity) == true)
            // Once nobody serves it, it is a dead one's.
            listener.close()
            // What another test is starting just now has a copy until it is a program of its own.
            while directory.isServed("a.sock") { sched_yield() }
            #expect(try TestDaemonProcess.ready(home).ask("GET", "/health").status == 200)
        }
    }

    @Test func whatAKilledOneLeftBlocksNobody() async throws {
        try await onOwnThread { [home] in
            for round in 0..<3 {
                let daemon = try TestDaemonProcess.ready(home)
                #expect(try daemon.record.nonce == daemon.nonce.text, "round \(round)")
                try daemon.signal(SIGKILL)
                #expect(try daemon.waitEnd() == .signal(SIGKILL))
                #expect(home.exists("run/worker/a.sock") && home.exists("run/worker/a.json"))
            }
        }
    }

    @Test func corruptFilesOfAPredecessorAreReplaced() async throws {
        try await onOwnThread { [home] in
            do { _ = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker") }
            for name in ["run/worker/a.lock", "run/worker/a.json", "run/token"] {
                _ = FileManager.default.createFile(
                    atPath: home.path + "/" + name, contents: Data("rubbish {".utf8), attributes: [.posixPermissions: 0o600])
            }
            let daemon = try TestDaemonProcess.ready(home)
            #expect(try daemon.record.pid == daemon.pid)
            #expect(home.exists("run/token.corrupt-1"))
            #expect(try daemon.token.count == 64)
        }
    }

    @Test func aLockThatWasTakenForItIsAdopted() async throws {
        try await onOwnThread { [home] in
            let directory = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker")
            let lock = try #require(try FileLock.acquire(in: directory, name: "a.lock"))
            // As the launcher does: the descriptor goes to the child under a number that is told, and ours is closed.
            let daemon = try TestDaemonProcess(
                home, "a", environment: ["RBEE_LOCK_FD": "9"], inheriting: (lock.descriptor, 9))
            try daemon.waitReady()
            lock.release()
            #expect(try FileLock.probe(in: directory, name: "a.lock") == .held)
            #expect(try LockLine.read(in: directory, name: "a.lock")?.pid == daemon.pid)
            #expect(daemon.output.isEmpty, "started by a launcher, it says nothing on its streams")
            try daemon.signal(SIGKILL)
            try daemon.waitEnd()
            // A process that another test is starting right now may have our copy for as long as it takes to become a program.
            while try FileLock.probe(in: directory, name: "a.lock") != .free { sched_yield() }
        }
    }
}
