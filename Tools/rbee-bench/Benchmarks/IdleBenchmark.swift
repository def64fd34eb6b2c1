internal import DaemonLifecycle
internal import BenchReport
internal import DaemonContract
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
        let before = try pids.map { try ProcessCost(of: $0.pid) }
        let begun = Clock.now
        sleep(UInt32(workshop.pace.seconds(60, quick: 20)))
        let seconds = Clock.milliseconds(since: begun) / 1_000
        var rows: [Row] = []
        for (index, (kind, pid)) in pids.enumerated() {
            rows += Self.rows(kind, from: before[index], to: try ProcessCost(of: pid), seconds: seconds)
        }
        for daemon in daemons { try await daemon.caller().stop() }
        return rows
    }

    private static func rows(_ kind: DaemonKind, from before: ProcessCost, to after: ProcessCost, seconds: Double) -> [Row] {
        func row(_ what: String, _ unit: Unit, _ value: Double, _ budgets: [Budget] = []) -> Row {
            Row(name, "\(kind), \(what)", unit: unit, subject: Samples([value]), budgets: budgets)
        }
        let limits = limits(kind)
        return [
            row("processor", .percent, (after.processorTime - before.processorTime) / 1e9 / seconds * 100, [.median(below: 0.1)]),
            row("wakeups", .timesPerSecond, (after.wakeups - before.wakeups) / seconds),
            row("PSS", .mebibytes, after.pss, [.median(below: limits.pss)]),
            row("RSS", .mebibytes, after.rss),
            row("anonymous memory", .mebibytes, after.anonymous),
            row("descriptors", .count, after.descriptors, [.median(below: limits.descriptors)]),
            row("threads", .count, after.threads, [.median(below: 10)]),
        ]
    }
}
