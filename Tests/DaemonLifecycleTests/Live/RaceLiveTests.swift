import DaemonContract
import EventLoop
import Foundation
import Synchronization
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// What the model of the protocol found: starts that cross each other, each brought about on purpose.
struct RaceLiveTests {
    /// A launcher that does something else before, or says something else than, the real one.
    private struct StagedLauncher: Launcher {
        let launcher: LocalLauncher
        /// Instead of the real start's reports; nil: the real ones.
        var says: [LaunchReport.Event]?
        let before: @Sendable (LaunchSpecification) async throws -> Void

        func launch(
            _ specifications: [LaunchSpecification], report: @escaping @Sendable (LaunchReport) -> Void
        ) async throws(LifecycleError) -> Shepherds {
            do {
                try await before(specifications[0])
            } catch {
                throw LifecycleError(.inconsistent, "\(error)")
            }
            guard let says else { return try await launcher.launch(specifications, report: report) }
            let shepherds = try await launcher.launch(specifications) { _ in }
            for event in says { report(LaunchReport(id: "daemon", event: event)) }
            return shepherds
        }
    }

    private func lifecycle(
        _ home: LiveHome, program: String, says: [LaunchReport.Event]? = nil,
        before: @escaping @Sendable (LaunchSpecification) async throws -> Void = { _ in }
    ) throws -> DaemonLifecycle {
        let launcher = StagedLauncher(
            launcher: LocalLauncher(home: RbeeHome(root: home.path), environment: ProcessInfo.processInfo.environment, loop: .shared),
            says: says, before: before)
        let context = try LifecycleContext(home: home.path, owner: "staged", launcher: launcher)
        return DaemonLifecycle(try home.specification(program: program), context: context)
    }

    /// How many pidfds of another process this one has: so many wait for its end.
    private func watches(of pid: Int32) -> Int {
        let files = FileManager.default
        return (try? files.contentsOfDirectory(atPath: "/proc/self/fd"))?.count { number in
            (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) == "anon_inode:[pidfd]"
                && (try? String(contentsOfFile: "/proc/self/fdinfo/\(number)", encoding: .utf8))?.contains("Pid:\t\(pid)\n") == true
        } ?? 0
    }

    /// Waits until so many wait for a process.
    private func until(_ count: Int, wait pid: Int32) async throws {
        let clock = SuspendingClock()
        let end = clock.now + .seconds(60)
        while watches(of: pid) < count {
            try #require(clock.now < end, "\(watches(of: pid)) of \(count) wait for \(pid)")
            try await EventLoop.shared.sleep(for: .milliseconds(10))  // that somebody begins to wait is no event
        }
    }

    /// Launches a daemon without an `ensure` that would wait for it.
    private func launch(_ home: LiveHome, program: String, _ arguments: [String]) async throws -> Shepherds {
        let id = try DaemonID(kind: .worker, instance: "one")
        let files = try #require(try DaemonFiles.open(id, home: RbeeHome(root: home.path), create: true))
        let nonce = Nonce()
        var environment = ProcessInfo.processInfo.environment
        environment[DaemonEnvironment.home] = home.path
        environment[DaemonEnvironment.nonce] = nonce.text
        let specification = LaunchSpecification(
            id: "daemon", executable: program, arguments: [program, "--instance", "one", "--port", "0"] + arguments,
            environment: environment, lock: files.path(files.lock), nonce: nonce.text, output: files.path(files.output),
            lastEnd: files.path(files.lastEnd))
        let launcher = LocalLauncher(home: RbeeHome(root: home.path), environment: environment, loop: .shared)
        return try await launcher.launch([specification]) { _ in }
    }

    private func spawns(_ home: LiveHome) -> Int { home.text("spawns")?.split(separator: "\n").count ?? 0 }

    @Test func aFailedStartStopsNoOtherDaemon() async throws {
        try await LiveHome.with { home in
            // Its own child ends, and before it hears of that somebody else has started the daemon.
            let other = try home.lifecycle(owner: "other")
            let failing = try lifecycle(
                home, program: LiveHome.testDaemon, says: [.started(pid: 2, startTicks: 1), .ended(.exited(7))]
            ) { _ in try await other.ensure() }
            let error = await #expect(throws: LifecycleError.self) { try await failing.ensure() }
            #expect(error?.code == .startFailed)
            #expect(try await other.status().state == .ready)
        }
    }

    @Test func aStartThatIsAnsweredByAnotherStopsNoOtherDaemon() async throws {
        try await LiveHome.with { home in
            // Its shepherd and its child were killed, so that nobody tells of an end; whoever came next answers in its place.
            let other = try home.lifecycle(owner: "other")
            let failing = try lifecycle(home, program: LiveHome.testDaemon, says: [.started(pid: 2, startTicks: 1)]) { _ in
                try await other.ensure()
            }
            let error = await #expect(throws: LifecycleError.self) { try await failing.ensure() }
            #expect(error?.code == .foreign)
            #expect(try await other.status().state == .ready)
        }
    }

    @Test func aStopOfOneRunLeavesTheNextAlone() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            for ladder in [StopLadder.graceful(), .signals()] {
                let stop = StopRun(
                    lifecycle.specification.id, only: Nonce().text, ladder: ladder, cascade: false, context: lifecycle.context)
                #expect(try await !stop.run().wasRunning)
            }
            #expect(try await lifecycle.status().state == .ready)
            #expect(try HandleStore(home: RbeeHome(root: home.path)).all().handles.count == 1)
        }
    }

    @Test func aShutdownThatIsMeantForAnotherRunIsRefused() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            func ask(_ nonce: String) async throws -> Int {
                let body = try ContractJSON.encode(ShutdownRequest(nonce: nonce))
                return try await lifecycle.send(DaemonRequest("POST", DaemonPath.shutdown, body: body)).status
            }
            #expect(try await ask(Nonce().text) == 409)
            #expect(try await lifecycle.status().state == .ready)
            let info = try await lifecycle.info()
            #expect(try await ask(info.nonce) == 200)
        }
    }

    @Test func aServiceThatDoesNotComeUpIsOneFailureForAllWhoWaited() async throws {
        try await LiveHome.with { home in
            let program = try home.script(
                "fails",
                """
                echo started >> \(home.path)/spawns
                while [ ! -e \(home.path)/go ]; do sleep 0.05; done
                exec \(LiveHome.testDaemon) "$@"
                """)
            // Launched by somebody who is slow to heed the end: nothing is cleaned up yet when the waiters look.
            let shepherds = try await launch(home, program: program, ["--start-code", "7"])
            let line = try await home.nextHolder()
            let waiters = (0..<10).map { number in
                Task { try await home.lifecycle(owner: "waiter-\(number)", program: program).ensure() }
            }
            try await until(waiters.count, wait: line.pid)
            try Data().write(to: URL(fileURLWithPath: "\(home.path)/go"))
            var errors: [LifecycleError?] = []
            for waiter in waiters {
                errors.append(await #expect(throws: LifecycleError.self) { try await waiter.value })
            }
            shepherds.letGo()
            #expect(errors.allSatisfy { $0?.code == .startFailed && $0?.end == .exited(7) }, "\(errors.compactMap(\.?.message))")
            #expect(spawns(home) == 1)
        }
    }

    @Test func whoLookedBeforeAQuickFailureDoesNotStartAgain() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "echo started >> \(home.path)/spawns; echo boom >&2; exit 7")
            // Between its look and its launch another one's start begins and fails.
            let slow = try lifecycle(home, program: program) { _ in
                await #expect(throws: LifecycleError.self) { try await home.lifecycle(owner: "quick", program: program).ensure() }
            }
            let error = await #expect(throws: LifecycleError.self) { try await slow.ensure() }
            #expect(error?.code == .startFailed && error?.message.contains("boom") == true)
            #expect(spawns(home) == 1)
        }
    }

    @Test func anEndBeforeALaterRunIsHistory() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "exit 7")
            await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: program).ensure() }
            let lifecycle = try home.lifecycle()
            #expect(try await lifecycle.status().state == .failed)
            try await lifecycle.ensure()
            let line = try #require(try home.holder())
            let watch = try #require(try ProcessWatch.open(pid: line.pid))
            _ = try await lifecycle.send(DaemonRequest("POST", "/v1/leave"))
            #expect(watch.waitForExit(milliseconds: 10_000))
            // Its shepherd may not have left yet, and holds the lock until it has seen the end; no event tells of a lock that is freed.
            while try home.holder() != nil { try await EventLoop.shared.sleep(for: .milliseconds(2)) }
            #expect(try await lifecycle.status().state == .stopped)
        }
    }

    @Test func aWaiterOutlastsWhatADeadHolderLeftBehind() async throws {
        try await LiveHome.with { home in
            // It never says that it is ready, and what it has started holds its lock after it.
            let program = try home.script("parent", "(sleep 300) & sleep 300")
            let nobody = try home.lifecycle(owner: "nobody", program: program)
            let starting = Task { try await nobody.ensure() }
            let line = try await home.nextHolder()
            let waiter = Task { try await home.lifecycle(owner: "waiter").ensure() }
            // The waiter has it in view, and its starter is not there to clean up after it.
            try await until(1, wait: line.pid)
            let parent = try #require(ProcessStat.of(pid: line.pid)).parent
            let shepherd = try #require(try ProcessWatch.open(pid: parent))
            try shepherd.signal(SIGKILL)
            #expect(shepherd.waitForExit(milliseconds: 10_000))
            try kill(line)
            #expect(try await waiter.value.shouldCleanup)
            starting.cancel()
        }
    }

    @Test func aLaunchWhoseShepherdWasKilledIsEnded() async throws {
        try await LiveHome.with { home in
            let program = try home.script("sleeps", "exec sleep 300")
            let lifecycle = try lifecycle(home, program: program, says: [.failed(stage: "shepherd", errno: 3)])
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(error?.code == .launchFailed)
            let left = try home.holder()
            #expect(left == nil, "\(left.map { ProcessStat.of(pid: $0.pid).map { "\($0)" } ?? "gone" } ?? "")")
        }
    }

    /// The folder of the locks goes away under the hands of the launcher, which starts nothing; and under those of the daemon, which moves.
    @Test func aStartWhoseFolderIsRemovedIsMadeInTheNextOne() async throws {
        try await LiveHome.with { home in
            let removals = Atomic<Int>(0)
            let early = try lifecycle(home, program: LiveHome.testDaemon) { _ in
                guard removals.add(1, ordering: .relaxed).oldValue == 0 else { return }
                try FileManager.default.removeItem(atPath: "\(home.path)/run/worker")
            }
            #expect(try await early.ensure().shouldCleanup)
            #expect(removals.load(ordering: .relaxed) == 2)
            let first = try #require(try home.holder())
            #expect(try await early.status().state == .ready)
            try await early.stop()
            #expect(!first.process.isAlive)
            let program = try home.script("moved", "rm -r '\(home.path)/run/worker'; exec \(LiveHome.testDaemon) \"$@\"")
            let late = try home.lifecycle(program: program)
            #expect(try await late.ensure().shouldCleanup)
            #expect(try await late.status().pid == home.holder()?.pid)
        }
    }

    @Test func nothingIsForgottenWhileSomebodyHoldsTheLock() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            let files = try #require(try DaemonFiles.open(lifecycle.specification.id, home: RbeeHome(root: home.path), create: true))
            var called = 0
            let holder = try #require(try FileLock.acquire(in: files.directory, name: files.lock))
            #expect(try !files.sweep { () throws(LifecycleError) in called += 1 })
            #expect(called == 0)
            holder.release()
            #expect(try files.sweep { () throws(LifecycleError) in called += 1 })
            #expect(called == 1)
        }
    }

    @Test func everySocketThatTheDeadHadIsRemoved() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            let files = try #require(try DaemonFiles.open(lifecycle.specification.id, home: RbeeHome(root: home.path), create: true))
            for name in files.sockets { _ = try files.directory.bindSocket(name) }
            let names = ["one.grpc.sock", "one.ipc.sock", "one.sock"]
            #expect(try names.allSatisfy { try files.directory.stat($0)?.kind == .socket } && files.hasTraces)
            #expect(try files.sweep())
            #expect(try names.allSatisfy { try files.directory.stat($0) == nil } && !files.hasTraces)
            // What is no socket, or has somebody behind it, is nobody's of ours.
            let other = try DaemonID(kind: .worker, instance: "two")
            let others = try #require(try DaemonFiles.open(other, home: RbeeHome(root: home.path), create: true))
            try others.directory.writeAtomically("two.ipc.sock", [])
            let stranger = try others.directory.bindSocket("two.grpc.sock")
            #expect(try others.sweep())
            #expect(try others.directory.stat("two.ipc.sock") != nil && others.directory.stat("two.grpc.sock") != nil)
            withExtendedLifetime(stranger) {}
        }
    }

    /// A launcher that starts nothing: the daemon says that it is ready before anybody has reported it.
    private struct HastyLauncher: Launcher {
        func launch(
            _ specifications: [LaunchSpecification], report: @escaping @Sendable (LaunchReport) -> Void
        ) async throws(LifecycleError) -> Shepherds {
            let loop = EventLoop.shared
            ServiceNotifier(environment: specifications[0].environment)?.ready()
            // Long enough for the loop to have read it; were it not, the test would only see less.
            try? await loop.sleep(for: .milliseconds(100))
            report(LaunchReport(id: "daemon", event: .started(pid: getpid(), startTicks: 1)))
            do {
                let (output, input) = try Descriptor.pipe()
                return Shepherds(input: input, watch: loop.watch(output.rawValue, for: .readable) { withExtendedLifetime(output) {} })
            } catch {
                throw LifecycleError(.inconsistent, "\(error)")
            }
        }
    }

    @Test func aDaemonThatIsReadyBeforeItWasReportedIsHeard() async throws {
        let nonce = Nonce()
        let specification = LaunchSpecification(
            id: "daemon", executable: "/bin/true", arguments: ["true"], environment: [:], nonce: nonce.text)
        let child = try await Child.launch(specification, nonce: nonce, by: HastyLauncher(), on: .shared)
        #expect(await child.firstReport(within: .seconds(30)) == .started(pid: getpid(), startTicks: 1))
        #expect(await child.next(pid: getpid(), within: .seconds(30)) == .ready)
        child.letGo()
    }
}
