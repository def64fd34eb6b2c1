import DaemonContract
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Stop with real processes: it ends, and leaves nothing.
struct StopLiveTests {
    private func stop(_ home: LiveHome, _ ladder: StopLadder) async throws -> StopReceipt {
        let context = try LifecycleContext(home: home.path, owner: "tester")
        return try await StopRun(try DaemonID(kind: .worker, instance: "one"), ladder: ladder, cascade: false, context: context).run()
    }

    @Test func busyIsNotDeadAndStopEndsAllTheSame() async throws {
        try await LiveHome.with { home in
            try await home.lifecycle().ensure()
            let line = try #require(try home.holder())
            try kill(line, SIGSTOP)
            let waiter = try home.lifecycle(owner: "waiter") { $0.startTimeout = .seconds(2) }
            let error = await #expect(throws: LifecycleError.self) { try await waiter.ensure() }
            #expect(error?.code == .silent || error?.code == .timedOut)
            #expect(error?.pid == line.pid)
            #expect(line.process.isAlive)
            let receipt = try await stop(home, .graceful(grace: .milliseconds(300), termination: .seconds(5)))
            #expect(receipt.wasRunning)
            #expect(!line.process.isAlive)
        }
    }

    @Test func whatTheDaemonStartedGoesWithIt() async throws {
        try await LiveHome.with { home in
            // One child in a session of its own that ignores SIGTERM, one whose parent is gone: only the nonce tells that they belong.
            let program = try home.script(
                "parent",
                """
                setsid sh -c 'trap "" TERM; echo $$ > \(home.path)/stubborn; while :; do sleep 1; done' &
                (sleep 300 & echo $! > \(home.path)/orphan) &
                exec \(LiveHome.testDaemon) "$@"
                """)
            try await home.lifecycle(program: program).ensure()
            let pids = try ["stubborn", "orphan"].map { name in
                try #require(home.text(name).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
            }
            let children = try pids.map { try #require(try ProcessIdentity.of(pid: $0)) }
            let receipt = try await stop(home, .graceful(grace: .seconds(5), termination: .milliseconds(300)))
            #expect(receipt.processes.count >= 3)
            #expect(children.allSatisfy { !$0.isAlive })
            #expect(try home.holder() == nil)
        }
    }

    @Test func aDaemonThatIsStillStartingIsStopped() async throws {
        try await LiveHome.with { home in
            let start = Task { try await home.lifecycle(["--start-hang"]).ensure() }
            _ = try await home.nextHolder()
            let receipt = try await stop(home, .graceful(grace: .milliseconds(300), termination: .milliseconds(300)))
            #expect(receipt.wasRunning)
            let error = await #expect(throws: LifecycleError.self) { try await start.value }
            #expect(error?.code == .startFailed)
        }
    }

    @Test func concurrentStopsAllSucceed() async throws {
        try await LiveHome.with { home in
            try await home.lifecycle(["--drain-delay", "200ms"]).ensure()
            let receipts = try await withThrowingTaskGroup(of: StopReceipt.self) { group in
                for number in 0..<8 { group.addTask { try await home.lifecycle(owner: "stopper-\(number)").stop() } }
                return try await group.reduce(into: [StopReceipt]()) { $0.append($1) }
            }
            #expect(receipts.count == 8)
            #expect(receipts.contains { $0.wasRunning })
            #expect(try home.holder() == nil)
        }
    }

    @Test func aRestartIsAnotherDaemon() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            let before = try #require(try home.holder())
            let handle = try await lifecycle.restart()
            #expect(handle.shouldCleanup)
            #expect(try home.holder()?.nonce != before.nonce)
            #expect(!before.process.isAlive)
        }
    }

    @Test func aStaleLineStopsNobody() async throws {
        try await LiveHome.with { home in
            // A bystander whose number stands in a lock file that nobody holds.
            let bystander = Process()
            bystander.executableURL = URL(fileURLWithPath: "/bin/sleep")
            bystander.arguments = ["300"]
            bystander.standardOutput = FileHandle.nullDevice
            bystander.standardError = FileHandle.nullDevice
            try bystander.run()
            let watch = try #require(try ProcessWatch.open(pid: bystander.processIdentifier))
            defer { _ = try? watch.signal(SIGKILL) }
            let identity = try #require(try ProcessIdentity.of(pid: bystander.processIdentifier))
            let directory = "\(home.path)/run/worker"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(home.path)/run")
            let line = LockLine(identity, nonce: Nonce())
            try line.text.write(toFile: "\(directory)/one.lock", atomically: false, encoding: .utf8)
            let receipt = try await stop(home, .graceful())
            #expect(!receipt.wasRunning)
            #expect(identity.isAlive)
            // Held by somebody else, the line forged: refused, and nobody is signalled.
            let run = try #require(try RunDirectory.open(directory, create: false))
            let lock = try #require(try FileLock.acquire(in: run, name: "one.lock"))
            try lock.writeLine(line)
            await #expect(throws: LifecycleError.self) { try await stop(home, .signals()) }
            #expect(identity.isAlive)
            lock.release()
        }
    }
}
