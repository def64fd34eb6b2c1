internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle

/// From nothing to a daemon that has answered.
struct StartBenchmark: Benchmark {
    static let name = "start"
    static let summary = "a process at all, a daemon by hand, cold and warm ensure of each kind, the keeper's start, 200 racing ensures"

    private let workshop: Workshop
    /// How many processes race.
    private static let racers = 200

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    func measure() async throws -> [Row] {
        var rows: [Row] = []
        for kind in DaemonUnderTest.kinds { rows += try await ensures(kind) }
        rows.append(try keeperStart())
        rows.append(try await race())
        return rows
    }

    // MARK: Cold and warm

    private func ensures(_ kind: DaemonKind) async throws -> [Row] {
        let daemon = try DaemonUnderTest(kind, home: try workshop.home("start-\(kind)"))
        let direct = try DirectStart(try DaemonUnderTest(kind, home: try workshop.home("start-\(kind)-by-hand")), workshop)
        var (spawns, byHand, cold, asks, warm) = (Samples(), Samples(), Samples(), Samples(), Samples())
        for round in 0..<(workshop.pace.rounds(20, quick: 12) + 1) {
            let spawn = try SpawnFloor.time()
            let hand = try direct.time()
            let caller = try daemon.caller()
            let start = try await Clock.time {
                guard try await caller.ensure().shouldCleanup else { throw BenchError("\(kind) ran already") }
            }
            var question = Samples()
            var again = Samples()
            for _ in 0..<10 {
                let newcomer = try daemon.caller()
                question.add(try Self.ask(daemon))
                again.add(try await Clock.time { try await newcomer.ensure() } * 1_000)
            }
            try await caller.stop()
            // The first time programs and files come from the disk.
            guard round > 0 else { continue }
            spawns.add(spawn)
            byHand.add(hand)
            cold.add(start)
            asks.add(contentsOf: question)
            warm.add(contentsOf: again)
        }
        return [
            Row(
                Self.name, "cold ensure, \(kind)", unit: .milliseconds, floor: byHand, subject: cold,
                budgets: [.median(below: 40), .aboveFloor(5)],
                note: "floor of a cold ensure: the daemon started by hand, until it says READY=1"),
            Row(Self.name, "started by hand, \(kind)", unit: .milliseconds, floor: spawns, subject: byHand, note: Self.spawnNote),
            Row(
                Self.name, "warm ensure, \(kind)", unit: .microseconds, floor: asks, subject: warm,
                note: "floor of a warm ensure: a connection of its own to the control socket, and one GET /v1/info"),
        ]
    }

    private static let spawnNote = "floor of a process: posix_spawn of /bin/true until it has been waited for"

    /// Microseconds for a connection and one question.
    private static func ask(_ daemon: DaemonUnderTest) throws -> Double {
        let begun = Clock.now
        var exchange = try Exchange<HTTPReader>(
            daemon.controlSocket, Array("GET \(DaemonPath.info) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        _ = try exchange.once()
        return Clock.microseconds(since: begun)
    }

    // MARK: Whole processes

    private func keeperStart() throws -> Row {
        let home = try workshop.home("start-keeper")
        var start = try workshop.keeper(["queen", "start"], home: home)
        // The queen alone: a hive that she starts once she is ready would run into the next measurement.
        start.environment["RBEE_QUEEN_AUTOSTART_HIVE"] = "false"
        let stop = try workshop.keeper(["queen", "stop"], home: home)
        var (floor, samples) = (Samples(), Samples())
        for round in 0..<(workshop.pace.rounds(20, quick: 12) + 1) {
            let spawn = try SpawnFloor.time()
            let time = try start.time()
            try stop.succeed()
            guard round > 0 else { continue }
            floor.add(spawn)
            samples.add(time)
        }
        return Row(
            Self.name, "rbee-keeper queen start, cold", unit: .milliseconds, floor: floor, subject: samples,
            budgets: [.median(below: 40)], note: Self.spawnNote)
    }

    /// So many processes of the keeper at once, from nothing: all of them served, by one daemon that was started once.
    private func race() async throws -> Row {
        var (floor, samples) = (Samples(), Samples())
        for round in 0..<workshop.pace.rounds(5, quick: 2) {
            let home = try workshop.home("start-race-\(round)")
            let lifecycle = try DaemonUnderTest(.context, home: home).caller()
            let ensure = try workshop.keeper(["context", "ensure", "--json"], home: home)
            let plain = Command(program: "/bin/true", words: [])
            floor.add(try Herd(plain, count: Self.racers).time().milliseconds)
            let herd = try Herd(ensure, count: Self.racers).time()
            try Self.judge(herd.outputs, pid: try await lifecycle.info().pid)
            samples.add(herd.milliseconds)
            try await lifecycle.stop()
        }
        return Row(
            Self.name, "racing ensures, all of them", ["processes": Self.racers], unit: .milliseconds, floor: floor, subject: samples,
            note: "a race: from the first process until all have ended, one daemon started once (checked); floor: as many /bin/true")
    }

    private struct Answer: Decodable {
        let pid: Int32
        let startedByUs: Bool

        private enum CodingKeys: String, CodingKey {
            case pid
            case startedByUs = "started_by_us"
        }
    }

    /// - Throws: unless exactly one of them has started the daemon, and all were served by it.
    private static func judge(_ outputs: [String], pid: Int32) throws {
        let answers = try outputs.map { try ContractJSON.decode(Answer.self, text: $0) }
        let starters = answers.count { $0.startedByUs }
        guard starters == 1, answers.allSatisfy({ $0.pid == pid }) else {
            throw BenchError(
                "\(starters) of \(answers.count) racers started a daemon, and they name \(Set(answers.map(\.pid)).count) of them")
        }
    }
}
