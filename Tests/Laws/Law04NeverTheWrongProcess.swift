import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 4: no process is signalled, and none adopted, that is not surely the daemon. Forged records of bystanders, thousands of them.
@Suite struct Law04NeverTheWrongProcess {
    private func expectUntouched(_ forger: Forger) async throws {
        for target in forger.targets {
            #expect(try await target.bystander.signals() == [], "seed \(forger.random.seed)")
        }
    }

    @Test("6,000 forged lines, in every set of the six factors: none opens a process for signalling")
    func forgedLinesOpenNobody() async throws {
        try await TestHome.with { home in
            var forger = try await Forger(seed: 4_000)
            let directory = try home.directory()
            let lock = try #require(try FileLock.acquire(in: directory, name: "one.lock"))
            for target in forger.targets {
                let truth = try Forger.truth(target)
                let open = try SignalTarget.open(truth.line, lock: "one.lock", in: directory, executable: truth.executable)
                #expect(open != nil, "unforged it is the one: it carries the nonce")
            }
            for number in 0..<6_000 {
                let forgery = try forger.next()
                let open = try? SignalTarget.open(forgery.line, lock: "one.lock", in: directory, executable: forgery.executable)
                if open != nil { Issue.record("seed \(forger.random.seed), number \(number): \(forgery)") }
            }
            lock.release()
            try await expectUntouched(forger)
        }
    }

    @Test("3,200 forged handles of 40 daemons: nothing is made of them but history")
    func forgedHandlesAreHistory() async throws {
        try await TestHome.with { home in
            var forger = try await Forger(seed: 4_001)
            let handles = try RunDirectory.make("\(home.path)/run").makeSubdirectory("handles")
            for number in 0..<40 {
                let instance = "w\(number)"
                for owner in 0..<80 {
                    let file = forger.handle(try forger.next(unclaimed: true), .worker, instance, owner: "owner-\(owner)")
                    try handles.writeAtomically("worker-\(instance).owner-\(owner).json", try ContractJSON.encode(file))
                }
                try home.writeRun("\(instance).lock", Array(forger.next(unclaimed: true).line.text.utf8))
            }
            let upkeep = try Upkeep(home: home.path)
            _ = try await upkeep.run()
            _ = try HandleStore(home: RbeeHome(root: home.path)).resolve()
            #expect(try await home.running().isEmpty)
            for number in 0..<5 {
                let lifecycle = try home.lifecycle(instance: "w\(number)", owner: "owner-1")
                #expect(try await lifecycle.find() == nil)
                #expect(try await !lifecycle.stop().wasRunning)
            }
            let handle = try await home.lifecycle(instance: "w9", owner: "owner-1").ensure()
            #expect(handle.shouldCleanup && !forger.targets.map(\.bystander.pid).contains(handle.processID ?? 0))
            try await expectUntouched(forger)
        }
    }

    @Test("400 forged lines with records, the locks held by nobody and by somebody: stop, ensure, status and upkeep signal nobody")
    func forgedRunDirectories() async throws {
        try await TestHome.with { home in
            var forger = try await Forger(seed: 4_002)
            var locks: [FileLock] = []
            let directory = try home.directory()
            for number in 0..<400 {
                let forgery = try forger.next(unclaimed: true)
                let record = forger.record(forgery, .worker, "w\(number)", in: home)
                try directory.writeAtomically("w\(number).json", try ContractJSON.encode(record))
                try home.writeRun("w\(number).lock", Array(forgery.line.text.utf8))
                if number % 10 == 0 { locks.append(try #require(try FileLock.acquire(in: directory, name: "w\(number).lock"))) }
            }
            let rows = try await DaemonDirectory(home: home.path).list()
            #expect(rows.count == 400 && !rows.contains { $0.state.isServing && $0.reason == nil })
            _ = try await Upkeep(home: home.path).run()
            let stops = try await withThrowingTaskGroup(of: (Bool, Bool?).self) { group in
                for number in 0..<400 {
                    let lifecycle = try home.lifecycle(instance: "w\(number)") { $0.startTimeout = .milliseconds(50) }
                    group.addTask { (number % 10 == 0, try? await lifecycle.stop(grace: .zero).wasRunning) }
                    if number % 40 == 0 {
                        group.addTask {
                            await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
                            return (false, false)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(stops.filter(\.0).allSatisfy { $0.1 == nil }, "a lock that stays held is no stop that succeeded")
            #expect(stops.filter { !$0.0 }.allSatisfy { $0.1 == false }, "a free lock is nobody to stop")
            try await expectUntouched(forger)
            for lock in locks { lock.release() }
        }
    }

    @Test(
        "a lock line that names no process of ours: nobody is signalled, and all who ask are told",
        arguments: ["0", "1", "-1", "SELF", "2147483647", "2147483648", "-2147483648", "4294967296", "01", "+5", ""])
    func suchNumbersAreNever(number: String) async throws {
        try await TestHome.with { home in
            let truth = LockLine(try ProcessIdentity.current(), nonce: Nonce())
            let fields = truth.text.split(separator: " ", maxSplits: 1)
            let lock = try #require(try FileLock.acquire(in: try home.directory(), name: "one.lock"))
            try home.writeRun("one.lock", Array("\(number == "SELF" ? "\(getpid())" : number) \(fields[1])".utf8))
            let lifecycle = try home.lifecycle { $0.startTimeout = .milliseconds(50) }
            let stop = await #expect(throws: LifecycleError.self) { try await lifecycle.stop(grace: .zero) }
            #expect(stop?.message.contains("worker/one") == true || stop?.message.contains("process") == true)
            await #expect(throws: LifecycleError.self) { try await lifecycle.ensure() }
            #expect(try await lifecycle.status().state != .stopped, "held is not absent, whatever is written there")
            lock.release()
        }
    }
}
