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

    /// Seconds after which a program has been up for longer than its supervisor's first doubts last, and a hive has given back what it needed to start.
    private static let rest: UInt32 = 5

    /// The samples of one size.
    private struct Figures {
        var (start, stop, crash, status, back) = (Samples(), Samples(), Samples(), Samples(), Samples())
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
        try AtomicFile.write("\(home)/config.yaml", Array(fleet.configuration.utf8), durable: false)
        // The hive is launched by this command, and its answer is that every one of them can serve.
        figures.start.add(try workshop.keeper(["process", "start", "--all"], home: home).time())
        var pids = try fleet.pids()
        let status = try workshop.keeper(["process", "status"], home: home)
        for _ in 0..<10 {
            figures.spawn.add(try SpawnFloor.time())
            figures.status.add(try status.time())
        }
        sleep(Self.rest)
        try memory(of: pids, home, &figures)
        for index in 0..<Self.victims {
            let begun = try kill(pids[index])
            pids[index] = try PlainFleet.wait(for: fleet.ports[index], otherThan: pids[index])
            figures.crash.add(Clock.milliseconds(since: begun))
            // Not in step with anything that happens at intervals.
            usleep(UInt32(60_000 + index * 37_000 % 200_000))
        }
        figures.back.add(try hiveBack(home, pids))
        figures.stop.add(try workshop.keeper(["process", "stop", "--all"], home: home).time())
        guard let survivor = pids.first(where: { ProcessStat.of(pid: $0).map { !$0.isDead } ?? false }) else {
            try workshop.keeper(["hive", "stop"], home: home).succeed()
            return
        }
        throw BenchError("process \(survivor) lives after all were said to be stopped")
    }

    private func kill(_ pid: Int32) throws -> UInt64 {
        guard let watch = try ProcessWatch.open(pid: pid) else { throw BenchError("process \(pid) ended before it was killed") }
        let now = Clock.now
        try watch.signal(SIGKILL)
        return now
    }

    /// - Returns: milliseconds from the command that starts the hive again until it knows all programs, the same ones as before.
    private func hiveBack(_ home: String, _ pids: [Int32]) throws -> Double {
        let socket = Connection.Address.unix(path: "\(home)/run/hive/localhost.sock")
        let hive = try HTTPQuestion.json(DaemonInfo.self, DaemonPath.info, at: socket).pid
        guard let watch = try ProcessWatch.open(pid: hive) else { throw BenchError("the hive is gone") }
        try watch.signal(SIGKILL)
        guard watch.waitForExit(milliseconds: 5_000) else { throw BenchError("the hive lives 5 s after it was killed") }
        let begun = Clock.now
        _ = try workshop.keeper(["hive", "start"], home: home).time()
        let expected = Set(pids)
        while Clock.milliseconds(since: begun) < 30_000 {
            let known = try HTTPQuestion.json(SupervisedProcessList.self, RegistryPath.processes, at: socket).processes
            let took = Clock.milliseconds(since: begun)
            if Set(known.filter { $0.state == .ready }.compactMap { $0.pid.map { Int32(clamping: $0) } }) == expected { return took }
            usleep(1_000)
        }
        throw BenchError("30 s after its start a new hive does not know the \(pids.count) programs of the old one")
    }

    /// The hive, and a guard for every program.
    private func memory(of pids: [Int32], _ home: String, _ figures: inout Figures) throws {
        let socket = Connection.Address.unix(path: "\(home)/run/hive/localhost.sock")
        let hive = try ProcessCost(of: try HTTPQuestion.json(DaemonInfo.self, DaemonPath.info, at: socket).pid).pss
        let guards = Set(pids.compactMap { ProcessStat.of(pid: $0)?.parent }).filter { $0 > 1 }
        let guarding = try guards.reduce(0.0) { $0 + (try ProcessCost(of: $1).pss) }
        figures.hive.add(hive)
        figures.manager.add(hive + guarding)
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
                "start, the hive with them", .milliseconds, figures.bareStart, figures.start, 110,
                note:
                    "start: rbee-keeper process start --all from nothing, until it says that all can serve; floor: a loop that spawns them, until all answer"
            ),
            row("kill -9 of one until another answers", .milliseconds, figures.bareCrash, figures.crash, 3.6),
            row(
                "process status of all, the command", .milliseconds, figures.spawn, figures.status, 8,
                note: "floor of the status: posix_spawn of /bin/true"),
            row(
                "hive killed, until a new one knows all", .milliseconds, nil, figures.back, 150,
                note: "hive killed: from the command that starts it again until it lists every program as ready, with its old pid (checked)"
            ),
            row(
                "stop of all, the command", .milliseconds, figures.bareStop, figures.stop, 28,
                note:
                    "stop: rbee-keeper process stop --all, after which none of them lives (checked); floor: SIGTERM to each, until all have been waited for"
            ),
            row(
                "PSS of hive and guards", .mebibytes, nil, figures.manager, 14,
                note: "PSS: five seconds after they were started, while nobody asks"),
            row("PSS of the hive", .mebibytes, nil, figures.hive, nil),
            row("PSS of the guard of each", .kibibytes, nil, figures.each, nil),
        ]
    }
}
