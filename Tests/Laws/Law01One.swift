import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Glibc
import Platform
import Testing

/// Law 1: at any time at most one process serves a daemon in one run directory, however many clients race.
@Suite(.serialized) struct Law01One {
    private static let racers = 200

    /// Two hundred processes from nothing: one start, and everybody is served by it.
    ///
    /// How late the last one is depends on the machine, so the same crowd is measured against a daemon that is there already. Only with RBEE_TIMED=1,
    /// on a quiet machine, is it asserted that the start costs nobody more than 100 ms beyond that.
    @Test func twoHundredProcessesStartOne() async throws {
        try await TestHome.with { home in
            let arguments = ["--count", "\(home.path)/starts", "--stamp", "\(home.path)/ready", "--port", "0"]
            try home.wrap("rbee-launch", "echo launch >> \(home.path)/launches")
            let race = try Race(Self.racers, in: home, daemon: arguments)
            try await race.gathered()
            race.go()
            let results = try await race.results()
            #expect(results.compactMap(\.message) == [])
            #expect(results.count == Self.racers)
            #expect(home.starts().count == 1, "\(home.starts())")
            let line = try #require(try home.holder())
            #expect(results.allSatisfy { $0.nonce == line.nonce.text && $0.pid == line.pid })
            #expect(results.filter(\.startedByUs).count == 1)
            #expect(Set(results.map(\.baseURL)).count == 1)

            let ready = try #require(home.starts("ready").first.flatMap { Int64($0) })
            let late = Race.lateness(results, ready: ready)
            let crowd = try Race(Self.racers, in: home, daemon: arguments, name: "later")
            try await crowd.gathered()
            crowd.go()
            let floor = Race.lateness(try await crowd.results())
            let begun = results.reduce(Int64.max) { min($0, $1.begun) }
            let launches = home.starts("launches").count
            print(
                "\(Self.racers) racers: ready after \(Double(ready - begun) / 1_000_000) ms, \(launches) launchers,",
                "late by p50 \(late[late.count / 2]) max \(late[late.count - 1]) ms;",
                "floor p50 \(floor[floor.count / 2]) max \(floor[floor.count - 1]) ms")
            #expect(home.starts().count == 1)
            // Who is not first spares the machine a launcher: only one that waited two seconds for its turn starts one all the same.
            #expect(launches <= Self.racers / 4)
            if Timed.isAsked { #expect(late[late.count - 1] <= floor[floor.count - 1] + 100) }
        }
    }

    /// Those who wait for a start leave it, and the machine, alone. What they use is processor time, so a busy machine changes nothing.
    @Test func waitersCostNothing() async throws {
        try await TestHome.with { home in
            let gate = try Gate(in: home)
            let arguments = ["--count", "\(home.path)/starts", "--warm-up-gate", gate.path]
            let waiters = try Race(40, in: home, daemon: arguments)
            try await waiters.gathered()
            waiters.go()
            _ = try await home.nextHolder()
            // The wait is the thing itself: what is measured is what two seconds of it cost.
            try await EventLoop.shared.sleep(for: .seconds(2))
            try gate.open()
            let used = try await waiters.results().map { Double($0.used) / 1_000_000 }.sorted()
            print("40 waiters, 2 s: processor time p50 \(used[20]) max \(used[39]) ms each")
            #expect(used[20] < 60)
            #expect(home.starts().count == 1)
        }
    }
}
