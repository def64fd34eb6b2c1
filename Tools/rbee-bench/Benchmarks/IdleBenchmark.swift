internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc

/// What each daemon costs while nobody asks anything of it.
struct IdleBenchmark: Benchmark {
    static let name = "idle"
    static let summary =
        "queen, hive, worker and context for a minute that nobody asks anything: processor, wakeups, memory, descriptors, threads"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    /// Mebibytes and descriptors that a kind may have.
    private static func limits(_ kind: DaemonKind) -> (pss: Double, descriptors: Double) {
        kind == .hive || kind == .worker ? (14, 32) : (8, 16)
    }

    func measure() async throws -> [Row] {
        // Each in a home of its own: hive and worker would keep a connection to a queen beside them.
        let daemons = try DaemonUnderTest.kinds.map { try DaemonUnderTest($0, home: try workshop.home("idle-\($0)")) }
        var pids: [(kind: DaemonKind, pid: Int32)] = []
        for daemon in daemons {
            let caller = try daemon.caller()
            try await caller.ensure()
            pids.append((daemon.kind, try await caller.info().pid))
        }
        // What they still have to do after a start is over by then.
        sleep(2)
        let watched = try watch(pids.map(\.pid))
        for daemon in daemons { try await daemon.caller().stop() }
        return zip(pids, watched).flatMap { Self.rows($0.kind, $1) }
    }

    /// What a process used while one part of the time passed, and held at its end.
    private struct Part {
        let seconds: Double
        let before: ProcessCost
        let after: ProcessCost
    }

    /// Looks at all of them every few seconds, at nobody's cost but this program's: /proc is read, they are not asked.
    private func watch(_ pids: [Int32]) throws -> [[Part]] {
        var left = workshop.pace.seconds(60, quick: 20)
        var parts = pids.map { _ in [Part]() }
        while left > 0 {
            let before = try pids.map { try ProcessCost(of: $0) }
            let begun = Clock.now
            sleep(UInt32(min(left, 5)))
            let seconds = Clock.milliseconds(since: begun) / 1_000
            for (index, pid) in pids.enumerated() {
                parts[index].append(Part(seconds: seconds, before: before[index], after: try ProcessCost(of: pid)))
            }
            left -= 5
        }
        return parts
    }

    private static func rows(_ kind: DaemonKind, _ parts: [Part]) -> [Row] {
        func row(_ what: String, _ unit: Unit, _ budgets: [Budget] = [], _ value: (Part) -> Double) -> Row {
            Row(name, "\(kind), \(what)", unit: unit, subject: Samples(parts.map(value)), budgets: budgets)
        }
        let limits = limits(kind)
        return [
            row("processor", .percent, [.median(below: 0.1)]) { ($0.after.processorTime - $0.before.processorTime) / 1e7 / $0.seconds },
            row("wakeups", .timesPerSecond) { ($0.after.wakeups - $0.before.wakeups) / $0.seconds },
            row("PSS", .mebibytes, [.largest(below: limits.pss)], \.after.pss),
            row("RSS", .mebibytes, [], \.after.rss),
            row("anonymous memory", .mebibytes, [], \.after.anonymous),
            row("descriptors", .count, [.largest(below: limits.descriptors)], \.after.descriptors),
            row("threads", .count, [.largest(below: 10)], \.after.threads),
        ]
    }
}
