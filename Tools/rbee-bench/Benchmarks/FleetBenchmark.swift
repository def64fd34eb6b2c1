internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import OperationContract
internal import Platform

/// Many plain programs that a hive keeps running.
struct FleetBenchmark: Benchmark {
    static let name = "fleet"
    static let summary =
        "20 to 1,000 plain programs under a hive, beside a bare loop: start, status, crash, memory, the hive's own death, stop"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    /// How many programs, and how often from the beginning.
    private var plan: [(count: Int, rounds: Int)] {
        let pace = workshop.pace
        return [
            (20, pace.rounds(5, quick: 3)), (100, pace.rounds(5, quick: 3)), (500, pace.rounds(2, quick: 1)),
            (1_000, pace.rounds(2, quick: 1)),
        ]
    }

    /// Programs that are killed in each round, each of them once.
    private static let victims = 10
    /// Microseconds after which a program has been up for longer than its supervisor's first doubts last.
    private static let settling: UInt32 = 1_300_000
    /// Seconds after which a hive has given back what it needed for starting so many.
    private static let rest: UInt32 = 5

    /// The samples of one size.
    private struct Figures {
        var (start, stop, crash, back) = (Samples(), Samples(), Samples(), Samples())
        var (startCommand, stopCommand, status) = (Samples(), Samples(), Samples())
        var (bareStart, bareStop, bareCrash, spawn) = (Samples(), Samples(), Samples(), Samples())
        var (manager, hive, each) = (Samples(), Samples(), Samples())
    }

    func measure() async throws -> [Row] {
        // A hive has a few descriptors for every program.
        _ = try DescriptorLimit.raise(to: 8_192)
        var port = PlainFleet.firstPort
        var rows: [Row] = []
        for (count, rounds) in plan {
            var figures = Figures()
            for round in 0..<rounds {
                let program = try workshop.program("rbee-plain")
                try bare(try PlainFleet(program: program, count: count, from: &port), &figures)
                let home = try workshop.home("fleet-\(count)-\(round)")
                try supervised(try PlainFleet(program: program, count: count, from: &port), home, &figures)
                port = PlainFleet.firstPort
            }
            rows += Self.rows(figures, count)
        }
        return Self.withGrowth(rows)
    }

    private static let startName = "start, until all answer"
    private static let stopName = "stop, until none lives"
    private static let stopCommandName = "process stop --all, the command"

    /// What each program costs may not grow with the others: a note at the row of the most of them says whether it does. Of a hundred on, where
    /// what the hive costs alone no longer counts.
    private static func withGrowth(_ rows: [Row]) -> [Row] {
        var rows = rows
        for name in [startName, stopName, stopCommandName] {
            var growth = Growth()
            for row in rows where row.name == name {
                guard let count = row.parameters["programs"], count >= 100 else { continue }
                growth.add(count, row.subject.median / Double(count))
            }
            guard let last = rows.lastIndex(where: { $0.name == name }) else { continue }
            rows[last].note = growth.sentence("\(name): the part of each program, in ms,")
        }
        return rows
    }

    // MARK: The bare loop

    private func bare(_ fleet: PlainFleet, _ figures: inout Figures) throws {
        let loop = BareFleet(fleet)
        figures.bareStart.add(try loop.start())
        for index in 0..<Self.victims {
            figures.bareCrash.add(try loop.crash(index))
            usleep(20_000)
        }
        figures.bareStop.add(loop.stop())
    }

    // MARK: The hive

    private func supervised(_ fleet: PlainFleet, _ home: String, _ figures: inout Figures) throws {
        let configuration = "log.level: notice\n\(fleet.configuration)"
        try AtomicFile.write("\(home)/config.yaml", Array(configuration.utf8), durable: false)
        let socket = Connection.Address.unix(path: "\(home)/run/hive/localhost.sock")
        let begun = Clock.now
        var hive = try runHive(home)
        for port in fleet.ports { try PlainFleet.wait(for: port) }
        figures.start.add(Clock.milliseconds(since: begun))
        var pids = try fleet.pids()
        usleep(Self.settling)
        if figures.manager.isEmpty {
            sleep(Self.rest)
            try memory(of: pids, hive: hive.pid, &figures)
        }
        let status = try workshop.keeper(["process", "status"], home: home)
        for _ in 0..<10 {
            figures.spawn.add(try SpawnFloor.time())
            figures.status.add(try status.time())
        }
        for index in 0..<Self.victims {
            let begun = try kill(pids[index])
            pids[index] = try PlainFleet.wait(for: fleet.ports[index], otherThan: pids[index])
            figures.crash.add(Clock.milliseconds(since: begun))
            // Not in step with anything that happens at intervals.
            usleep(UInt32(60_000 + index * 37_000 % 200_000))
        }
        hive.end()
        let back = Clock.now
        hive = try runHive(home)
        try waitUntilKnown(pids, at: socket)
        figures.back.add(Clock.milliseconds(since: back))
        figures.stopCommand.add(try workshop.keeper(["process", "stop", "--all"], home: home).time())
        try Self.checkEnded(pids)
        figures.startCommand.add(try workshop.keeper(["process", "start", "--all"], home: home).time())
        figures.stop.add(try stop(hive, try fleet.pids()))
    }

    private func runHive(_ home: String) throws -> Child {
        try Child(try workshop.program("rbee-hive"), environment: [DaemonEnvironment.home: home])
    }

    /// - Returns: milliseconds from the signal until no program lives.
    private func stop(_ hive: Child, _ pids: [Int32]) throws -> Double {
        let watches = try pids.map { pid in
            guard let watch = try ProcessWatch.open(pid: pid) else { throw BenchError("process \(pid) ended before it was stopped") }
            return watch
        }
        let begun = Clock.now
        hive.signal(SIGTERM)
        for watch in watches where !watch.waitForExit(milliseconds: 30_000) {
            throw BenchError("process \(watch.pid) lives 30 s after its hive was asked to end")
        }
        let took = Clock.milliseconds(since: begun)
        guard hive.wait() == 0 else { throw BenchError("the hive was asked to end and did not exit with 0") }
        return took
    }

    private static func checkEnded(_ pids: [Int32]) throws {
        guard let survivor = pids.first(where: { ProcessStat.of(pid: $0).map { !$0.isDead } ?? false }) else { return }
        throw BenchError("process \(survivor) lives after all were said to be stopped")
    }

    private func kill(_ pid: Int32) throws -> UInt64 {
        guard let watch = try ProcessWatch.open(pid: pid) else { throw BenchError("process \(pid) ended before it was killed") }
        let now = Clock.now
        try watch.signal(SIGKILL)
        return now
    }

    /// Waits until a hive lists every program as ready, the same processes as before.
    private func waitUntilKnown(_ pids: [Int32], at socket: Connection.Address) throws {
        let expected = Set(pids)
        let begun = Clock.now
        while Clock.milliseconds(since: begun) < 30_000 {
            let known = (try? HTTPQuestion.json(SupervisedProcessList.self, RegistryPath.processes, at: socket))?.processes ?? []
            if Set(known.filter { $0.state == .ready }.compactMap { $0.pid.map { Int32(clamping: $0) } }) == expected { return }
            usleep(1_000)
        }
        throw BenchError("30 s after its start a new hive does not know the \(pids.count) programs of the old one")
    }

    /// The hive, and a guard for every program.
    private func memory(of pids: [Int32], hive: Int32, _ figures: inout Figures) throws {
        let own = try ProcessCost(of: hive).pss
        let guards = Set(pids.compactMap { ProcessStat.of(pid: $0)?.parent }).filter { $0 > 1 && $0 != hive }
        let guarding = try guards.reduce(0.0) { $0 + (try ProcessCost(of: $1).pss) }
        figures.hive.add(own)
        figures.manager.add(own + guarding)
        figures.each.add(guarding * 1_024 / Double(pids.count))
    }

    // MARK: Rows

    private static func rows(_ figures: Figures, _ count: Int) -> [Row] {
        func row(_ what: String, _ unit: Unit, _ floor: Samples?, _ samples: Samples, _ limit: Double?, note: String? = nil) -> Row {
            // What is promised is promised of a hundred.
            let budgets = count == 100 ? limit.map { [Budget.median(below: $0)] } ?? [] : []
            return Row(name, what, ["programs": count], unit: unit, floor: floor, subject: samples, budgets: budgets, note: note)
        }
        return [
            row(
                startName, .milliseconds, figures.bareStart, figures.start, 110,
                note: "start: from the hive's own start; floor: a loop that spawns the programs itself"),
            row(
                stopName, .milliseconds, figures.bareStop, figures.stop, 28,
                note: "stop: from SIGTERM to the hive; floor: SIGTERM to each, until all have been waited for"),
            row("kill -9 of one, until another answers", .milliseconds, figures.bareCrash, figures.crash, 3.6),
            row(
                "kill -9 of the hive, until a new one knows all", .milliseconds, nil, figures.back, 150,
                note: "a new hive: from its start until it lists every program as ready, with the pid that it had"),
            row(
                "process status, the command", .milliseconds, figures.spawn, figures.status, 8,
                note: "floor of the status: posix_spawn of /bin/true"),
            row(
                stopCommandName, .milliseconds, nil, figures.stopCommand, nil, note: "the commands: with a hive that runs"
            ),
            row("process start --all, the command", .milliseconds, nil, figures.startCommand, nil),
            row(
                "PSS of hive and guards", .mebibytes, nil, figures.manager, 14,
                note: "PSS: six seconds after the start, while nobody asks"),
            row("PSS of the hive", .mebibytes, nil, figures.hive, nil),
            row("PSS of the guard of each", .kibibytes, nil, figures.each, nil),
        ]
    }
}
