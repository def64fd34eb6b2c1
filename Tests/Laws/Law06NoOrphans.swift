import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import OperationContract
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 6: whatever is killed at whatever moment, the next command finds every living daemon, nothing blocks it, and nothing is left in the end.
@Suite struct Law06NoOrphans {
    /// Whom a test kills.
    enum Victim: String, CaseIterable, Sendable {
        case hive, worker, shepherd, engineGuard, engine
    }

    /// Each alone, and in pairs at the same moment.
    static let cases: [[Victim]] =
        Victim.allCases.map { [$0] } + [
            [.worker, .engineGuard], [.worker, .engine], [.engineGuard, .engine], [.hive, .worker], [.hive, .engineGuard],
            [.worker, .shepherd],
            [.hive, .shepherd],
        ] + [[.hive, .worker, .shepherd, .engineGuard]]

    @Test("kill -9 of hive, worker, its shepherd, the guard and the engine: alone, in pairs, together", arguments: cases)
    func killed(_ victims: [Victim]) async throws {
        try await TestHome.with { home in
            let tree = try await EngineTree(home)
            // All are stopped before the first dies: nobody can answer to a death.
            for victim in victims { try tree.process(victim).signal(SIGSTOP) }
            for victim in victims { try tree.process(victim).signal(SIGKILL) }
            for victim in victims { try await tree.process(victim).gone() }

            let hive = try await home.hive()
            // Whatever was under way before, a worker for that model can be had, and no engine lives but its own. One whose end nobody has
            // noticed yet may be offered first.
            _ = try await eventually("a worker with its engine, and no other") {
                let worker = try await hive.api.spawn("tree", reuse: true)
                let isReady = try await hive.api.workers().contains { $0.workerID == worker.workerID && $0.status == .ready }
                guard isReady, let line = try home.holder(.worker, worker.workerID) else { return nil as Bool? }
                let engines = home.engines()
                return engines.count == EngineTree.size && engines.allSatisfy { $0.nonce == line.nonce.text } ? true : nil
            }
            // Every daemon that lives is known.
            let rows = try await DaemonDirectory(home: home.path).list()
            #expect(Set(home.daemons().map(\.pid)) == Set(rows.filter(\.state.isRunning).compactMap(\.pid)))

            let outcome = try await home.keeper("shutdown-all")
            #expect(outcome.exit == 0, "\(outcome.errors)")
            try await home.expectNothingLeft()
        }
    }

    /// Who comes by, afterwards.
    enum Comer: String, CaseIterable, Sendable { case upkeep, stop, start, keeper, hive }

    @Test(
        "a worker and the guard of its engine killed at once: an upkeep, a stop, a start, the keeper, a hive that runs end what is left",
        arguments: Comer.allCases)
    func whatNobodyIsLeftToEnd(_ comer: Comer) async throws {
        try await TestHome.with { home in
            try EngineTree.configure(home)
            let lifecycle = try EngineTree.worker(home)
            if comer == .hive {
                try home.write("config.yaml", (home.text("config.yaml") ?? "") + "heartbeat.interval: 100ms\n")
                _ = try await home.hive()
            }
            try await lifecycle.ensure()
            let (worker, line) = (try home.process(), try #require(try home.holder()))
            #expect(home.engines().count == EngineTree.size)
            let engineGuard = try WatchedProcess(pid: try EngineTree.engineGuard(home))
            for process in [worker, engineGuard] { try process.signal(SIGSTOP) }
            for process in [worker, engineGuard] { try process.signal(SIGKILL) }
            try await worker.gone()
            try await engineGuard.gone()
            // The engine itself goes with its guard. Its children in sessions of their own do not know.
            let left = home.engines().filter { $0.nonce == line.nonce.text }
            // A hive may have come by already.
            if comer != .hive { #expect(left.count >= 2, "what is to be ended is there: \(left)") }
            switch comer {
            case .upkeep:
                let notices = try await Upkeep(home: home.path).run()
                #expect(notices.contains { $0.contains("left running") }, "\(notices)")
            case .stop:
                let receipt = try await lifecycle.stop()
                #expect(!receipt.wasRunning)
            case .start:
                let handle = try await lifecycle.ensure()
                #expect(handle.shouldCleanup)
            case .keeper:
                let outcome = try await home.keeper("shutdown-all")
                #expect(outcome.exit == 0, "\(outcome.errors)")
            case .hive:
                // It is no worker of its own, and nobody asks for anything.
                _ = try await eventually("the hive has ended them") {
                    home.engines().contains { $0.nonce == line.nonce.text } ? nil : true
                }
            }
            #expect(home.engines().filter { $0.nonce == line.nonce.text }.isEmpty)
        }
    }

    @Test("the keeper killed while a daemon starts: the next command finds it, and its handle is completed")
    func theKeeperKilled() async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home)
            let program = try home.script("slow", "exec \(TestHome.hostileProgram) --gate \(gate.path) \"$@\"")
            let keeper = try home.startKeeper(["worker", "start", "one", "--binary", program, "--model", "any"])
            let line = try await home.nextHolder()
            let process = try WatchedProcess(pid: keeper.pid)
            try await process.kill()
            #expect(try await home.keeper("status", "worker/one").output.contains("starting"))
            try gate.open()
            let ready = try await eventually("it is ready") { try await home.lifecycle().find() }
            #expect(!ready.shouldCleanup)
            #expect(try home.holder() == line)
            let start = try await home.keeper("worker", "start", "one", "--model", "any")
            #expect(start.exit == 0 && start.errors.contains("the unfinished start of worker/one by keeper is complete"), "\(start.errors)")
            #expect(try await home.keeper("down").exit == 0)
            try await home.expectNothingLeft()
        }
    }

    @Test("the launcher killed before it could tell: nothing is started twice, nothing stays")
    func theLauncherKilled() async throws {
        try await TestHome.with { home in
            // The real one does its work and is cut off: what it would have reported is lost.
            let launcher = try home.script(
                "rbee-launch", "exec 3<&0; \(TestHome.binaries)/rbee-launch <&3 3<&- >/dev/null & sleep 0.05; kill -9 $$")
            let directory = "\(home.path)/programs"
            mkdir(directory, 0o700)
            rename(launcher, "\(directory)/rbee-launch")
            symlink(TestHome.testDaemon, "\(directory)/rbee-worker")
            let environment = ["RBEE_BIN_DIR": directory]
            let start = try await home.startKeeper(["worker", "start", "one", "--timeout", "20s"], environment: environment).finish()
            #expect(start.exit != 0, "nobody said that it was started")
            // It lives or it does not; either way one command more has it, and one more ends it.
            let again = try await home.keeper("worker", "start", "one")
            #expect(again.exit == 0, "\(again.errors)")
            #expect(home.daemons().count == 1)
            #expect(try await home.keeper("shutdown-all").exit == 0)
            try await home.expectNothingLeft()
        }
    }

    @Test("records, sockets, notes, handles and half-written files of what was killed: shutdown-all leaves none")
    func nothingOfTheDeadIsLeft() async throws {
        try await TestHome.with { home in
            for (number, kind) in [DaemonKind.queen, .hive, .worker, .worker].enumerated() {
                let lifecycle = try home.lifecycle(kind: kind, instance: "i\(number)", owner: "owner-\(number)")
                try await lifecycle.ensure()
                try await home.process(kind, "i\(number)").kill()
            }
            // A start that failed, a handle of a daemon of which nothing else is known, a file of a writer that died long ago.
            _ = try? await home.lifecycle(instance: "failed", program: try home.script("fails", "exit 3")).ensure()
            let handle = try #require(home.text("run/handles/worker-i3.owner-3.json"))
            try home.write("run/handles/worker-gone.somebody.json", handle.replacing("\"i3\"", with: "\"gone\""))
            try home.write("run/worker/.4194300-1-0123456789ab.tmp", "half")
            var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(home.path)/run/worker/.4194300-1-0123456789ab.tmp", &times, 0)
            #expect(try await home.running().isEmpty)
            let outcome = try await home.keeper("shutdown-all")
            #expect(outcome.exit == 0 && outcome.output == "nothing to stop\n", "\(outcome.output) \(outcome.errors)")
            try await home.expectNothingLeft()
            let doctor = try await home.keeper("doctor")
            #expect(!doctor.output.contains("is left") && !doctor.output.contains("does not run\n"), "\(doctor.output)")
        }
    }
}
