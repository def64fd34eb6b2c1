import DaemonContract
import EventLoop
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// What exploring every order of a start and a stop found, brought about on purpose.
struct StartLiveTests {
    /// The real launcher, after something else.
    private struct LateLauncher: Launcher {
        let launcher: LocalLauncher
        let delay: Duration

        func launch(
            _ specifications: [LaunchSpecification], report: @escaping @Sendable (LaunchReport) -> Void
        ) async throws(LifecycleError) -> Shepherds {
            try? await EventLoop.shared.sleep(for: delay)  // what this launcher is for
            return try await launcher.launch(specifications, report: report)
        }
    }

    /// The shepherd of a daemon that is starting.
    private func shepherd(of line: LockLine) throws -> ProcessWatch {
        let parent = try #require(ProcessStat.of(pid: line.pid)?.parent)
        #expect(ProcessStat.of(pid: parent)?.name == "rbee-shepherd")
        return try #require(try ProcessWatch.open(pid: parent))
    }

    /// Its own SIGTERM must not end the shepherd before that has written down how the start ended, nor may an end with status 0 count as success:
    /// those who waited would each start it again.
    @Test(arguments: ["exec \(LiveHome.testDaemon) --start-hang \"$@\"", "trap '' TERM; while :; do sleep 1; done"])
    func aStartThatIsGivenUpIsOneFailureForAllWhoWaited(_ script: String) async throws {
        try await LiveHome.with { home in
            let program = try home.script("hangs", "echo started >> \(home.path)/spawns; \(script)")
            let starter = Task { try await home.lifecycle(program: program) { $0.startTimeout = .seconds(3) }.ensure() }
            _ = try await home.nextHolder()
            let waiters = (0..<5).map { number in
                Task { try await home.lifecycle(owner: "waiter-\(number)", program: program) { $0.startTimeout = .seconds(600) }.ensure() }
            }
            await #expect(throws: LifecycleError.self) { try await starter.value }
            for waiter in waiters {
                let error = await #expect(throws: LifecycleError.self) { try await waiter.value }
                #expect(error?.code == .startFailed)
            }
            #expect(home.text("spawns") == "started\n")
        }
    }

    @Test func aChildHasItsTimeFromItsLaunchOn() async throws {
        try await LiveHome.with { home in
            let launcher = LateLauncher(
                launcher: LocalLauncher(home: RbeeHome(root: home.path), environment: ProcessInfo.processInfo.environment, loop: .shared),
                delay: .seconds(4))
            let context = try LifecycleContext(home: home.path, owner: "late", launcher: launcher)
            let specification = try home.specification { $0.startTimeout = .seconds(4) }
            let handle = try await DaemonLifecycle(specification, context: context).ensure()
            #expect(handle.shouldCleanup)
        }
    }

    @Test func aChildWhoseShepherdIsKilledIsMissedWhenItDies() async throws {
        try await LiveHome.with { home in
            let starter = Task { try await home.lifecycle(["--start-hang"]) { $0.startTimeout = .seconds(600) }.ensure() }
            let line = try await home.nextHolder()
            let shepherd = try shepherd(of: line)
            // A shepherd that is killed before it has said that the program runs is another story: the launcher says so. The record is the program's.
            while home.text("run/worker/one.json") == nil { try await EventLoop.shared.sleep(for: .milliseconds(2)) }
            try shepherd.signal(SIGKILL)
            #expect(shepherd.waitForExit(milliseconds: 10_000))
            try kill(line)
            let error = await #expect(throws: LifecycleError.self) { try await starter.value }
            #expect(error?.code == .startFailed)
            #expect(error?.end == .unseen)
        }
    }

    @Test func aStopSignalsTheShepherdLast() async throws {
        try await LiveHome.with { home in
            let program = try home.script("stubborn", "trap '' TERM; : > \(home.path)/trapped; while :; do sleep 1; done")
            let starter = Task { try await home.lifecycle(program: program) { $0.startTimeout = .seconds(600) }.ensure() }
            let line = try await home.nextHolder()
            _ = try shepherd(of: line)
            // It says so to nobody but the disk.
            while !home.exists("trapped") { try await EventLoop.shared.sleep(for: .milliseconds(2)) }
            let context = try LifecycleContext(home: home.path, owner: "tester")
            let id = try DaemonID(kind: .worker, instance: "one")
            let receipt = try await StopRun(
                id, ladder: .signals(termination: .milliseconds(300)), cascade: false, keepsEnd: true, context: context
            ).run()
            #expect(receipt.rungs.map(\.step) == ["SIGTERM", "SIGKILL"])
            // Its shepherd was there to the end, and told.
            let error = await #expect(throws: LifecycleError.self) { try await starter.value }
            #expect(error?.end == .signalled(SIGKILL))
        }
    }

    /// A shepherd that cannot go by itself is killed all the same.
    @Test func aShepherdThatIsStoppedHoldsNoStopUp() async throws {
        try await LiveHome.with { home in
            let starter = Task { try await home.lifecycle(["--start-hang"]) { $0.startTimeout = .seconds(600) }.ensure() }
            let line = try await home.nextHolder()
            let shepherd = try shepherd(of: line)
            try shepherd.signal(SIGSTOP)
            let receipt = try await home.lifecycle(owner: "stopper").stop()
            #expect(receipt.wasRunning)
            #expect(shepherd.hasExited)
            await #expect(throws: LifecycleError.self) { try await starter.value }
            #expect(try home.holder() == nil)
        }
    }

    /// The record is what tells that a daemon had been ready: without it, how it was killed would be taken for a failed start.
    @Test func theEndOfOneThatWasReadyIsNotKeptAsAFailedStart() async throws {
        try await LiveHome.with { home in
            let specification = try home.specification()
            let running = try await DaemonLifecycle(specification, context: try LifecycleContext(home: home.path, owner: "tester"))
                .running()
            try kill(try #require(try home.holder()))
            let files = try #require(try DaemonFiles.open(specification.id, home: RbeeHome(root: home.path), create: false))
            // No event tells of a lock that is freed.
            while try home.holder() != nil { try await EventLoop.shared.sleep(for: .milliseconds(2)) }
            #expect(home.exists("run/worker/one.last.json"), "its shepherd was kept, and told")
            #expect(try files.sweep(keepsEnd: true))
            #expect(!home.exists("run/worker/one.last.json"))
            running.child?.letGo()
        }
    }

    @Test func aSweepLeavesASocketThatSomebodyServes() throws {
        let home = try LiveHome()
        defer { try? FileManager.default.removeItem(atPath: home.path) }
        let id = try DaemonID(kind: .worker, instance: "one")
        let files = try #require(try DaemonFiles.open(id, home: RbeeHome(root: home.path), create: true))
        let listeners = try files.sockets.map { try files.directory.bindSocket($0).descriptor }
        #expect(try files.sweep())
        for name in files.sockets { #expect(try files.directory.stat(name) != nil) }
        for listener in listeners { listener.close() }
        // What another test is starting just now has a copy until it is a program of its own.
        for name in files.sockets { while files.directory.isServed(name) { sched_yield() } }
        #expect(try files.sweep())
        for name in files.sockets { #expect(try files.directory.stat(name) == nil) }
    }

    /// It leaves no record that would tell, and its shepherd has the lock a moment longer: who looks then takes it for one that is starting.
    @Test func theEndOfOneThatHasServedIsNoFailedStart() async throws {
        try await LiveHome.with { home in
            let specification = try home.specification()
            let running = try await DaemonLifecycle(specification, context: try LifecycleContext(home: home.path, owner: "tester"))
                .running()
            let line = try #require(try home.holder())
            let shepherd = try shepherd(of: line)
            try shepherd.signal(SIGSTOP)
            let daemon = try #require(try ProcessWatch.open(pid: line.pid))
            try daemon.signal(SIGTERM)
            #expect(daemon.waitForExit(milliseconds: 60_000))
            #expect(try home.holder()?.nonce == line.nonce, "its shepherd has not told yet")
            #expect(!home.exists("run/worker/one.json"))
            try shepherd.signal(SIGCONT)
            #expect(shepherd.waitForExit(milliseconds: 10_000))
            let files = try #require(try DaemonFiles.open(specification.id, home: RbeeHome(root: home.path), create: false))
            let look = try files.look()
            #expect(look.lastEnd?.nonce == line.nonce.text)
            #expect(look.lastEnd?.served == true)
            #expect(look.unreadyEnd == nil)
            running.child?.letGo()
        }
    }

    @Test func aReplacementKeepsHowAnothersStartFailed() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "exit 7")
            await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: program).ensure() }
            let id = try DaemonID(kind: .worker, instance: "one")
            let context = try LifecycleContext(home: home.path, owner: "tester")
            let stop = { (nonce: String?) in
                _ = try await StopRun(id, only: nonce, ladder: .graceful(), cascade: false, context: context).run()
            }
            try await stop(Nonce().text)
            #expect(home.exists("run/worker/one.last.json"))
            try await stop(nil)
            #expect(!home.exists("run/worker/one.last.json"))
        }
    }
}
