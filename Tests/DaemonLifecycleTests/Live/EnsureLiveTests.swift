import DaemonContract
import EventLoop
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Ensure with real processes, locks and sockets.
struct EnsureLiveTests {
    @Test func startedFoundAndStopped() async throws {
        try await LiveHome.with { home in
            let first = try home.lifecycle()
            let handle = try await first.ensure()
            #expect(handle.shouldCleanup)
            #expect(handle.baseURL.hasPrefix("http://"))
            let line = try #require(try home.holder())
            #expect(handle.processID == line.pid)
            let info = try await first.info()
            #expect(info.nonce == line.nonce.text)
            #expect(info.owner == "tester")

            let second = try home.lifecycle(owner: "another")
            let found = try await second.ensure()
            #expect(!found.shouldCleanup)
            #expect(found.baseURL == handle.baseURL)
            #expect(try await second.release(found) == nil)
            #expect(try await second.status().state == .ready)

            let receipt = try #require(try await first.release(handle))
            #expect(receipt.wasRunning && receipt.socketRemoved)
            #expect(receipt.rungs.map(\.step) == ["shutdown"])
            #expect(receipt.portFree == true)
            #expect(try home.holder() == nil)
            #expect(!home.exists("run/worker/one.sock") && !home.exists("run/worker/one.json"))
            let again = try await first.stop()
            #expect(!again.wasRunning)
            #expect(try await first.find() == nil)
        }
    }

    @Test func aStartSurvivesTheRemovalOfItsFolder() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle(["--start-delay", "1s"])
            async let handle = lifecycle.ensure()
            let line = try await home.nextHolder()
            // Once it listens it looks after its files, and makes them again within a second; whoever waits for it has to look where they stand.
            // Another process writes it and tells nobody.
            while home.text("run/worker/one.json")?.contains("base_url") != true { try await EventLoop.shared.sleep(for: .milliseconds(2)) }
            try FileManager.default.removeItem(atPath: "\(home.path)/run/worker")
            #expect(try await handle.processID == line.pid)
            #expect(try await lifecycle.info().nonce == line.nonce.text)
            #expect(try await home.lifecycle(owner: "another").ensure().shouldCleanup == false)
        }
    }

    /// A launcher that does something else first.
    private func launcher(_ home: LiveHome, _ script: String) throws {
        try FileManager.default.createDirectory(atPath: "\(home.path)/bin", withIntermediateDirectories: true)
        _ = try home.script("bin/rbee-launch", script.replacing("REAL", with: "/\(LiveHome.binaries)/rbee-launch"))
    }

    @Test func aLauncherThatEndsWithoutAWordIsAnErrorAtOnce() async throws {
        try await LiveHome.with { home in
            try launcher(home, "mkdir \(home.path)/once 2>/dev/null && kill -9 $$; exec REAL")
            // Far beyond what a test may take: the end of the launcher ends the wait, not the time.
            let lifecycle = try home.lifecycle { $0.startTimeout = .seconds(3600) }
            let error = try #require(await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() })
            #expect(error.code == .launchFailed && error.message.contains("rbee-launch, ended without a word"))
            #expect(try HandleStore(home: RbeeHome(root: home.path)).all().handles.isEmpty, "nothing was begun")
            #expect(try await lifecycle.ensure().shouldCleanup)
        }
    }

    @Test func whatALauncherStartedThatSaysNothingIsEnded() async throws {
        try await LiveHome.with { home in
            // What is reported goes nowhere, and then there is nobody any more who could.
            try launcher(home, "mkdir \(home.path)/once 2>/dev/null || exec REAL; REAL >/dev/null; exit 9")
            let lifecycle = try home.lifecycle(["--start-delay", "200ms"]) { $0.startTimeout = .seconds(3600) }
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(error?.code == .launchFailed)
            #expect(try home.holder() == nil, "whoever is told that it was not started has nothing running")
            #expect(try await lifecycle.ensure().shouldCleanup)
        }
    }

    @Test func fiftyRacersStartOne() async throws {
        try await LiveHome.with { home in
            let started = try await withThrowingTaskGroup(of: (Bool, String).self) { group in
                for number in 0..<50 {
                    let lifecycle = try home.lifecycle(["--start-delay", "100ms"], owner: "racer-\(number)")
                    group.addTask {
                        let handle = try await lifecycle.ensure()
                        return (handle.shouldCleanup, handle.baseURL)
                    }
                }
                var results: [(Bool, String)] = []
                for try await result in group { results.append(result) }
                return results
            }
            #expect(started.filter(\.0).count == 1)
            #expect(Set(started.map(\.1)).count == 1)
            #expect(started.count == 50)
        }
    }

    @Test func aDyingChildIsAnErrorWithStatusAndOutput() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "echo 'no such thing' >&2; exit 7")
            let error = await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: program).ensure() }
            #expect(error?.code == .startFailed)
            #expect(error?.end == .exited(7))
            #expect(error?.message.contains("exited with status 7") == true)
            #expect(error?.message.contains("no such thing") == true)
            #expect(try home.holder() == nil)
        }
    }

    @Test func oneFailureForAllWhoWaited() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "echo started >> \(home.path)/spawns; sleep 1; echo boom >&2; exit 7")
            let errors = await withTaskGroup(of: LifecycleError?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            try await home.lifecycle(owner: "racer-\(number)", program: program).ensure()
                            return nil
                        } catch {
                            return error as? LifecycleError
                        }
                    }
                }
                return await group.reduce(into: [LifecycleError?]()) { $0.append($1) }
            }
            #expect(errors.count == 20)
            #expect(errors.allSatisfy { $0?.code == .startFailed && $0?.message.contains("boom") == true })
            #expect(home.text("spawns") == "started\n")
            // It was an answer to those who waited, not a verdict: the next one tries again.
            _ = try? await home.lifecycle(program: program).ensure()
            #expect(home.text("spawns") == "started\nstarted\n")
        }
    }

    @Test func aChildThatIsNeverReadyIsStoppedBeforeTheErrorReturns() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle(["--start-hang"]) { $0.startTimeout = .milliseconds(700) }
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(error?.code == .timedOut)
            #expect(try home.holder() == nil)
        }
    }

    @Test func aWaiterLeavesTheHolderAlone() async throws {
        try await LiveHome.with { home in
            let slow = Task { try await home.lifecycle(["--start-hang"]).ensure() }
            let line = try await home.nextHolder()
            let waiter = try home.lifecycle(owner: "waiter") { $0.startTimeout = .milliseconds(200) }
            let error = await #expect(throws: LifecycleError.self) { try await waiter.ensure() }
            #expect(error?.code == .timedOut)
            #expect(error?.pid == line.pid)
            #expect(line.process.isAlive)
            try kill(line)
            await #expect(throws: LifecycleError.self) { try await slow.value }
        }
    }

    @Test func aCancelledCallerLeavesTheDaemon() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle(["--start-delay", "300ms"])
            let caller = Task { try await lifecycle.ensure() }
            _ = try await home.nextHolder()
            caller.cancel()
            let error = await #expect(throws: LifecycleError.self) { try await caller.value }
            #expect(error?.code == .cancelled)
            let handle = try #require(try await lifecycle.find())
            #expect(!handle.shouldCleanup)
        }
    }

    @Test func whatIsMissingOrNotExecutableSaysWhere() async throws {
        try await LiveHome.with { home in
            let missing = await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: "no-such-daemon").ensure() }
            #expect(missing?.code == .binaryNotFound)
            #expect(missing?.message.contains("/usr/lib/rbee/no-such-daemon") == true)
            try "x".write(toFile: "\(home.path)/plain", atomically: true, encoding: .utf8)
            let plain = await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: "\(home.path)/plain").ensure() }
            #expect(plain?.message.contains("chmod +x") == true)
            let broken = try home.script("broken", "")
            try "\u{7f}ELF nonsense".write(toFile: broken, atomically: false, encoding: .utf8)
            let corrupt = await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: broken).ensure() }
            #expect(corrupt?.code == .launchFailed)
            #expect(corrupt?.message.contains("exec") == true)
        }
    }

    @Test func afterACrashTheNextStartIsClean() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            let first = try #require(try home.holder())
            try kill(first)
            #expect(try await lifecycle.status().state == .stale)
            let handle = try await lifecycle.ensure()
            #expect(handle.shouldCleanup)
            #expect(try home.holder()?.nonce != first.nonce)
        }
    }

    @Test func requestsFindTheDaemonAgain() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            #expect(try await lifecycle.send(DaemonRequest("GET", "/v1/info")).status == 200)
            try kill(try #require(try home.holder()))
            let response = try await lifecycle.send(DaemonRequest("GET", "/v1/info"))
            #expect(response.status == 200)
            #expect(try await String(decoding: response.bytes(), as: UTF8.self).contains("\"nonce\""))
        }
    }

    @Test func leasesAreTakenRenewedAndGivenBack() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle(["--ttl", "1h"])
            try await lifecycle.ensure()
            #expect(try await lifecycle.ping().status == "ok")
            let lease = try await lifecycle.lease(holder: "editor", for: .seconds(60))
            #expect(lease.holder == "editor")
            #expect(try await lifecycle.renew(lease).id == lease.id)
            try await lifecycle.giveBack(lease)
            await #expect(throws: LifecycleError.self) { try await lifecycle.renew(lease) }
        }
    }

    @Test func whatAFailedStartLeavesBehindDoesNotBlockTheNext() async throws {
        try await LiveHome.with { home in
            let program = try home.script("forks", "(sleep 300) & exit 3")
            let error = await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: program).ensure() }
            #expect(error?.end == .exited(3))
            #expect(try home.holder() == nil)
            #expect(try await home.lifecycle().ensure().shouldCleanup)
        }
    }

    @Test func whatADeadDaemonLeftBehindDoesNotBlockTheNext() async throws {
        try await LiveHome.with { home in
            let program = try home.script("parent", "(sleep 300) & exec \(LiveHome.testDaemon) \"$@\"")
            let first = try home.lifecycle(program: program)
            try await first.ensure()
            let line = try #require(try home.holder())
            try kill(line)
            #expect(try home.holder() != nil, "the lock is held by what the daemon started")
            #expect(try await first.status().state == .stale)
            let handle = try await home.lifecycle().ensure()
            #expect(handle.shouldCleanup)
            #expect(try home.holder()?.nonce != line.nonce)
        }
    }

    @Test func anotherDaemonsProgramIsAnErrorThatSaysSo() async throws {
        try await LiveHome.with { home in
            let other = try home.script("other", "exec \(LiveHome.testDaemon) --instance two --port 0")
            let lifecycle = try home.lifecycle(program: other) { $0.startTimeout = .seconds(2) }
            let error = await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect([.silent, .startFailed, .timedOut].contains(error?.code))
            #expect(try home.holder() == nil && home.holder("two") == nil)
        }
    }

    @Test func aRestartWithoutAProgramLeavesTheDaemonRunning() async throws {
        try await LiveHome.with { home in
            try await home.lifecycle().ensure()
            let line = try #require(try home.holder())
            await #expect(throws: LifecycleError.self) { try await home.lifecycle(program: "no-such-daemon").restart() }
            #expect(line.process.isAlive)
        }
    }
}
