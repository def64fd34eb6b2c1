import DaemonContract
import EventLoop
import Glibc
import HTTP
import Synchronization
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Plain programs under supervision, as processes.
@Suite("Programs, as processes") struct ProgramLiveTests {
    /// A supervisor of a home's programs, as a hive is one, and everything that it told.
    private final class Fleet: Sendable {
        let supervisor: ProgramSupervisor
        private let told: Told

        init(_ home: LiveHome, owner: String = "hive/test", policy: RestartMachine.Policy = .init()) throws {
            let told = Told()
            supervisor = ProgramSupervisor(context: try LifecycleContext(home: home.path, owner: owner), policy: policy) { _ in told.note()
            }
            self.told = told
        }

        func report(_ name: String) async throws -> ProgramSupervisor.Report {
            try #require(await supervisor.report(try DaemonID(kind: .process, instance: name)))
        }

        /// Waits until a program is in a state, as another process than before.
        func wait(_ name: String, _ state: DaemonState, otherThan pid: Int32? = nil) async throws -> ProgramSupervisor.Report {
            let end = SuspendingClock.now + .seconds(60)
            while SuspendingClock.now < end {
                let report = try await report(name)
                if report.state == state, pid == nil || report.pid != pid { return report }
                await told.next()
            }
            throw LifecycleError(.timedOut, "\(name) did not become \(state): \(try await report(name))")
        }
    }

    /// What a supervisor has told, for whoever waits for more.
    private final class Told: Sendable {
        private let turns = Mutex<[ResumeOnce<Void, Never>]>([])

        func note() {
            let waiting = turns.withLock { turns in
                defer { turns = [] }
                return turns
            }
            for turn in waiting { turn.resume(with: .success(())) }
        }

        /// The next word, or a moment: it may have come just before.
        func next() async {
            let turn = ResumeOnce<Void, Never>()
            turns.withLock { $0.append(turn) }
            let timer = EventLoop.shared.schedule(after: .milliseconds(50)) { turn.resume(with: .success(())) }
            defer { timer.cancel() }
            await turn.value()
        }
    }

    private func program(
        _ name: String, _ script: String, restart: ProgramSpecification.Restart = .always,
        readiness: ProgramSpecification.Readiness = .running,
        startTimeout: Duration = .seconds(30), termination: Duration = .seconds(20)
    ) throws -> ProgramSpecification {
        ProgramSpecification(
            id: try DaemonID(kind: .process, instance: name), command: ["/bin/sh", "-c", script], readiness: readiness, restart: restart,
            startTimeout: startTimeout, termination: termination)
    }

    private let stay = "while :; do sleep 1000; done"

    private func with(
        _ programs: [ProgramSpecification], policy: RestartMachine.Policy = .init(), _ body: (LiveHome, Fleet) async throws -> Void
    ) async throws {
        try await LiveHome.with { home in
            let fleet = try Fleet(home, policy: policy)
            await fleet.supervisor.define(programs)
            await fleet.supervisor.begin()
            do {
                try await body(home, fleet)
            } catch {
                await fleet.supervisor.stopAll(within: .seconds(5))
                throw error
            }
            await fleet.supervisor.stopAll(within: .seconds(5))
        }
    }

    private func files(_ home: LiveHome, _ name: String) throws -> ProgramFiles {
        try ProgramPlace(home: RbeeHome(root: home.path)).files(DaemonID(kind: .process, instance: name))
    }

    private func guardian(of pid: Int32) throws -> ProcessWatch {
        let parent = try #require(ProcessStat.of(pid: pid)).parent
        return try #require(try ProcessWatch.open(pid: parent))
    }

    /// The process whose number a program has printed.
    private func child(_ home: LiveHome, _ name: String) async throws -> ProcessWatch {
        let end = SuspendingClock.now + .seconds(60)
        while SuspendingClock.now < end {
            if let text = home.text("logs/process-\(name).log"), text.hasSuffix("\n"), let pid = Int32(text.dropLast()) {
                return try #require(try ProcessWatch.open(pid: pid))
            }
            try await EventLoop.shared.sleep(for: .milliseconds(2))  // no event tells that a log has been written
        }
        throw LifecycleError(.timedOut, "\(name) has printed nothing")
    }

    @Test func aCrashIsFollowedByTheNextLife() async throws {
        try await with([program("a", stay)]) { home, fleet in
            let first = try await fleet.wait("a", .ready)
            let pid = try #require(first.pid)
            let nonce = try files(home, "a").files.held?.nonce.text
            #expect(nonce != nil && ProcessStat.of(pid: pid)?.environmentValue("RBEE_NONCE") == nonce)
            kill(pid, SIGKILL)
            let second = try await fleet.wait("a", .ready, otherThan: pid)
            #expect(second.restarts == 1 && second.reason == "was ended by signal 9")
        }
    }

    @Test func stopMeansTheWholeTreeAndStays() async throws {
        try await with([]) { home, fleet in
            var specification = try program("b", "setsid sh -c 'echo $$; \(stay)' & \(stay)", termination: .milliseconds(200))
            specification.isAutomatic = false
            await fleet.supervisor.define([specification])
            #expect(try await fleet.report("b").state == .stopped)
            #expect(await fleet.supervisor.start([specification.id]) == [:])
            let child = try await child(home, "b")
            #expect(await fleet.supervisor.stop([specification.id]) == [:])
            #expect(child.hasExited)
            #expect(try FileLock.probe(in: files(home, "b").files.directory, name: "b.lock") == .free)
            // Whoever supervises next leaves it down, until somebody wants it.
            await fleet.supervisor.leave()
            let next = try Fleet(home)
            await next.supervisor.define([try program("b", stay)])
            await next.supervisor.begin()
            #expect(try await next.report("b").state == .stopped)
            #expect(await next.supervisor.start([specification.id]) == [:])
            await next.supervisor.stopAll(within: .seconds(5))
        }
    }

    @Test func theNextSupervisorAdoptsWhatRuns() async throws {
        try await with([program("a", stay), program("b", stay)]) { home, fleet in
            let before = [try await fleet.wait("a", .ready).pid, try await fleet.wait("b", .ready).pid]
            await fleet.supervisor.leave()
            let next = try Fleet(home)
            // One of them is not configured any more: it is looked after until it ends.
            await next.supervisor.define([try program("a", stay)])
            await next.supervisor.begin()
            let reports = await next.supervisor.reports()
            #expect(
                reports.map(\.pid) == before && reports.map(\.isConfigured) == [true, false] && reports.map(\.state) == [.ready, .ready])
            kill(try #require(before[0]), SIGKILL)
            let pid = try await next.wait("a", .ready, otherThan: before[0]).pid
            #expect(pid != nil)
            let b = try DaemonID(kind: .process, instance: "b")
            #expect(await next.supervisor.stop([b]) == [:])
            #expect(await next.supervisor.report(b) == nil)
            await next.supervisor.stopAll(within: .seconds(5))
            // What a supervisor stops with itself begins anew with the next.
            guard case .down(isStopped: false, _) = try files(home, "a").find() else {
                Issue.record("it is not simply down")
                return
            }
        }
    }

    @Test func aSupervisorOfAnotherNameLeavesThemAlone() async throws {
        try await with([program("a", stay)]) { home, fleet in
            let pid = try await fleet.wait("a", .ready).pid
            let other = try Fleet(home, owner: "hive/other", policy: .init(startsAllowed: 1))
            await other.supervisor.define([try program("a", stay)])
            await other.supervisor.begin()
            let report = try await other.wait("a", .failed)
            #expect(report.reason == "was not started: process \(pid ?? 0) holds its lock; look with: rbee-keeper doctor")
            await other.supervisor.stopAll(within: .seconds(5))
            #expect(try await fleet.report("a").pid == pid && ProcessStat.of(pid: pid ?? 0)?.isDead == false)
        }
    }

    @Test func aGuardThatIsKilledTakesAllOfTheProgramAlong() async throws {
        try await with([program("a", "setsid sh -c 'echo $$; \(stay)' & \(stay)")]) { home, fleet in
            let pid = try #require(try await fleet.wait("a", .ready).pid)
            let child = try await child(home, "a")
            try guardian(of: pid).signal(SIGKILL)
            let next = try await fleet.wait("a", .ready, otherThan: pid)
            #expect(child.hasExited && next.restarts == 1)
        }
    }

    @Test func whatWasKilledWithItsGuardWhileNobodyLookedIsEndedByTheNext() async throws {
        try await with([program("a", "setsid sh -c 'echo $$; \(stay)' & \(stay)")]) { home, fleet in
            let pid = try #require(try await fleet.wait("a", .ready).pid)
            let child = try await child(home, "a")
            await fleet.supervisor.leave()
            let guardian = try guardian(of: pid)
            try guardian.signal(SIGKILL)
            #expect(guardian.waitForExit(milliseconds: 20_000) && !child.hasExited)
            let next = try Fleet(home)
            await next.supervisor.define([try program("a", stay)])
            await next.supervisor.begin()
            #expect(try await next.wait("a", .ready).pid != pid)
            #expect(child.hasExited)
            await next.supervisor.stopAll(within: .seconds(5))
        }
    }

    @Test func aLockThatAStrangerHoldsIsNoProgramToAdopt() async throws {
        try await with([program("a", stay)], policy: .init(startsAllowed: 1)) { home, fleet in
            let pid = try #require(try await fleet.wait("a", .ready).pid)
            await fleet.supervisor.stopAll(within: .seconds(5))
            // The line of one that lives, in a lock that its parent does not hold.
            let bystander = getppid()
            let files = try files(home, "a").files
            let lock = try #require(try FileLock.acquire(in: files.directory, name: files.lock))
            defer { lock.release() }
            let identity = try #require(try ProcessIdentity.of(pid: bystander))
            try lock.writeLine(LockLine(identity, nonce: Nonce()))
            #expect(try self.files(home, "a").find() == .held && pid != bystander)
            let next = try Fleet(home, policy: .init(startsAllowed: 1))
            await next.supervisor.define([try program("a", stay)])
            await next.supervisor.begin()
            #expect(try await next.wait("a", .failed).reason?.contains("holds its lock") == true)
            #expect(await next.supervisor.stop([try DaemonID(kind: .process, instance: "a")]) == [:])
            #expect(ProcessStat.of(pid: bystander)?.isDead == false)
            await next.supervisor.stopAll(within: .seconds(5))
        }
    }

    @Test func theWordsOfAProgramThatDoesNotComeUpAreTold() async throws {
        let endpoint = HTTPEndpoint.tcp(host: "127.0.0.1", port: 1)
        let bad = try program("a", "echo port taken; exit 3", restart: .never, readiness: .health(endpoint: endpoint, target: "/"))
        let missing = ProgramSpecification(id: try DaemonID(kind: .process, instance: "b"), command: ["/nowhere/prog"], restart: .never)
        let mute = try program("c", stay, restart: .never, readiness: .notified, startTimeout: .milliseconds(200))
        try await with([bad, missing, mute]) { _, fleet in
            let outcomes = await fleet.supervisor.start([bad.id, missing.id, mute.id])
            #expect(outcomes[bad.id] == "exited with status 3 before it was ready: port taken")
            #expect(outcomes[missing.id] == "could not be started: the program /nowhere/prog does not exist")
            #expect(outcomes[mute.id] == "was not ready within its time")
        }
    }

    @Test func whoSaysThatItIsReadyIsReady() async throws {
        let notify =
            "import os, socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
            + "s.sendto(b'READY=1', chr(0) + os.environ['NOTIFY_SOCKET'][1:]); time.sleep(1000)"
        var specification = ProgramSpecification(
            id: try DaemonID(kind: .process, instance: "a"), command: ["python3", "-c", notify], readiness: .notified)
        specification.isAutomatic = false
        try await with([specification]) { _, fleet in
            #expect(await fleet.supervisor.start([specification.id]) == [:])
        }
    }

    @Test func aStrangerThatAnswersInItsPlaceIsNoProgram() async throws {
        let server = HTTPServer(loop: .shared) { _ in .text("it is me") }
        let port = try server.listenTCP(host: "127.0.0.1", port: 0)
        defer { Task { await server.drain(deadline: .zero) } }
        let specification = try program(
            "a", stay, restart: .never, readiness: .health(endpoint: .tcp(host: "127.0.0.1", port: port), target: "/"),
            startTimeout: .milliseconds(500))
        try await with([specification]) { _, fleet in
            #expect(await fleet.supervisor.start([specification.id])[specification.id] != nil)
            let state = try await fleet.report("a").state
            #expect(state == .failed)
        }
    }

    @Test func aStubbornProgramIsStoppedInItsTime() async throws {
        try await with([program("a", "trap '' TERM; \(stay)", termination: .milliseconds(100))]) { _, fleet in
            let id = try DaemonID(kind: .process, instance: "a")
            let pid = try #require(try await fleet.wait("a", .ready).pid)
            let watch = try #require(try ProcessWatch.open(pid: pid))
            #expect(await fleet.supervisor.stop([id]) == [:])
            #expect(watch.hasExited)
        }
    }

    @Test func aLauncherThatIsKilledIsReplaced() async throws {
        try await with([program("a", stay)]) { _, fleet in
            let pid = try #require(try await fleet.wait("a", .ready).pid)
            let launcher = try #require(ProcessStat.of(pid: guardian(of: pid).pid)).parent
            try #require(ProcessStat.of(pid: launcher)?.name == "rbee-launch")
            let watch = try #require(try ProcessWatch.open(pid: launcher))
            try watch.signal(SIGKILL)
            #expect(watch.waitForExit(milliseconds: 20_000))
            kill(pid, SIGKILL)
            #expect(try await fleet.wait("a", .ready, otherThan: pid).restarts == 1)
        }
    }

    @Test func manyAreStartedAndStoppedAtOnce() async throws {
        let programs = try (0..<40).map { try program("p\($0)", stay) }
        try await with(programs) { _, fleet in
            let ids = programs.map(\.id)
            #expect(await fleet.supervisor.start(ids).isEmpty)
            let pids = await fleet.supervisor.reports().compactMap(\.pid)
            #expect(Set(pids).count == 40)
            let watches = try pids.compactMap { try ProcessWatch.open(pid: $0) }
            #expect(await fleet.supervisor.stop(ids).isEmpty)
            #expect(watches.count == 40 && watches.allSatisfy(\.hasExited))
        }
    }
}

extension DaemonFiles {
    fileprivate var held: LockLine? {
        guard case .held(let line, _, _) = try? look() else { return nil }
        return line
    }
}
