import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 5: only the owner cleans up, and only what it made itself.
@Suite struct Law05OnlyTheOwnerCleansUp {
    /// What is done with the handle of a daemon, by whom.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Who started the daemon that the handle is of.
        let starter: String
        /// Who holds the handle, and whether by starting or by finding.
        let holder: String
        /// Who started the daemon that runs by then, if it is another.
        var successor: String?
        let isStopped: Bool
    }

    static let cases = [
        Case(testDescription: "the one who started it", starter: "a", holder: "a", isStopped: true),
        Case(testDescription: "one who found it", starter: "a", holder: "b", isStopped: false),
        Case(testDescription: "the keeper that found a library's", starter: "my-app", holder: "keeper", isStopped: false),
        Case(
            testDescription: "one who started an earlier one, and another started this", starter: "a", holder: "a", successor: "b",
            isStopped: false),
        Case(
            testDescription: "one who started an earlier one, and this one too", starter: "a", holder: "a", successor: "a", isStopped: true),
    ]

    @Test("should_cleanup decides, together with who owns what runs", arguments: cases) func releasing(_ example: Case) async throws {
        try await TestHome.with { home in
            let starter = try home.lifecycle(owner: example.starter)
            let started = try await starter.ensure()
            #expect(started.shouldCleanup)
            var handle = started
            if example.holder != example.starter {
                handle = try await home.lifecycle(owner: example.holder).ensure()
                #expect(!handle.shouldCleanup && handle.pid == nil)
            }
            if let successor = example.successor {
                try await home.process().kill()
                #expect(try await home.lifecycle(owner: successor).ensure().shouldCleanup)
            }
            let process = try home.process()
            // A new one of that name: the owner is an identity, not a process.
            let receipt = try await home.lifecycle(owner: example.holder).release(handle)
            #expect((receipt != nil) == example.isStopped)
            #expect(process.isRunning != example.isStopped)
        }
    }

    @Test("an owner that restarted owns what its predecessor started; others do not")
    func anOwnerIsNoProcess() async throws {
        try await TestHome.with { home in
            try await home.lifecycle(owner: "my-app").ensure()
            for (owner, owns) in [("my-app", true), ("my-app2", false), ("keeper", false), ("hive/my-app", false)] {
                let row = try await home.lifecycle(owner: owner).status()
                #expect(row.owned == owns && row.owner == "my-app", "\(owner)")
            }
            // The keeper stops what it owns, and says what it leaves.
            #expect(try await home.keeper("queen", "start", "--port", "0").exit == 0)
            let down = try await home.keeper("down")
            #expect(down.exit == 0 && down.errors.contains("left running: worker/one (owner my-app)"), "\(down.errors)")
            #expect(try await home.running() == ["worker/one"])
            #expect(try await home.keeper("shutdown-all").exit == 0)
            #expect(try await home.running() == [])
        }
    }

    @Test("of many owners at once one has a handle, and a stop by whomever leaves none of anybody's")
    func handlesOfSeveralOwners() async throws {
        try await TestHome.with { home in
            let store = HandleStore(home: RbeeHome(root: home.path))
            let winners = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<12 {
                    let lifecycle = try home.lifecycle(owner: "owner-\(number)")
                    group.addTask { try await lifecycle.ensure().shouldCleanup ? lifecycle.owner : nil }
                }
                return try await group.compactMap { $0 }.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(winners.count == 1)
            #expect(try store.all().handles.map(\.owner) == winners)
            // One who died with it, and whose handle nobody else would look at any more.
            try await home.process().kill()
            #expect(try await home.lifecycle(owner: "heir").ensure().shouldCleanup)
            #expect(Set(try store.all().handles.map(\.owner)) == Set(winners + ["heir"]))
            try await home.lifecycle(owner: "somebody").stop()
            #expect(try store.all().handles.isEmpty)
        }
    }

    @Test("what another put in the place of its socket and its record stays when a daemon ends")
    func onlyItsOwnFilesAreRemoved() async throws {
        try await TestHome.with { home in
            let lifecycle = try home.lifecycle { $0.environment["RBEE_STOP_GRACE"] = "300s" }
            try await lifecycle.ensure()
            let process = try home.process()
            // A request whose body is not all there keeps it from ending for as long as the test likes.
            let request = try home.directory().connectSocket("one.sock")
            try request.write(Array("POST /v1/use HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{".utf8))
            _ = try await eventually("the request is under way") {
                let stats: DaemonStats = try await lifecycle.get(DaemonPath.stats)
                return stats.inFlight >= 2 ? true : nil
            }
            try process.signal(SIGTERM)
            // From then on it makes nothing again.
            _ = try await eventually("it drains") {
                home.text("run/worker/one.json")?.contains("draining") == true && !home.exists("run/worker/one.sock") ? true : nil
            }
            let another = try home.directory().bindSocket("one.sock")
            try home.directory().writeAtomically("one.json", Array("{\"another\": true}".utf8))
            let record = try #require(try home.file("run/worker/one.json"))
            try request.write([UInt8(ascii: "}")])
            try await process.gone()
            #expect(try home.file("run/worker/one.sock")?.isSameFile(as: another.identity) == true)
            #expect(try home.file("run/worker/one.json")?.isSameFile(as: record) == true)
            #expect(home.exists("run/worker/one.lock"), "lock files are never removed")
        }
    }

    @Test("tsuku L5: the late end of an old holder does not touch what its successor made")
    func theLateEndOfAnOldHolder() async throws {
        try await TestHome.with { home in
            try await home.lifecycle().ensure()
            let old = try home.process()
            // Stopped, so that it notices nothing; without its lock file, so that another can be the daemon.
            try old.signal(SIGSTOP)
            for name in ["lock", "sock", "json"] { unlink("\(home.path)/run/worker/one.\(name)") }
            let successor = try home.lifecycle(owner: "successor")
            #expect(try await successor.ensure().shouldCleanup)
            let names = ["one.lock", "one.sock", "one.json"]
            let made = try names.map { try #require(try home.file("run/worker/\($0)")) }
            #expect(made.count == 3 && old.isRunning)
            try old.signal(SIGCONT)
            try await old.gone()
            for (name, file) in zip(names, made) {
                #expect(try home.file("run/worker/\(name)")?.isSameFile(as: file) == true, "\(name)")
            }
            #expect(try await successor.info().owner == "successor")
            #expect(try await successor.status().state == .ready)
        }
    }
}
