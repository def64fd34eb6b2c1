internal import BenchReport

/// The keeper's commands as whole processes: what somebody waits for at a prompt.
struct CLIBenchmark: Benchmark {
    static let name = "cli"
    static let summary = "the keeper's commands as whole processes, with three daemons running, beside a process at all"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    /// Commands that change nothing. The words, and the exit codes that are right: a doctor finds something in many a machine.
    private static let reading: [(words: [String], codes: Set<Int32>)] = [
        (["--version"], [0]), (["--help"], [0]), (["queen", "start", "--help"], [0]), (["status"], [0]), (["status", "--json"], [0]),
        (["list"], [0]), (["queen", "status"], [0]), (["hive", "status"], [0]), (["context", "status"], [0]), (["worker", "list"], [0]),
        (["process", "list"], [0]), (["ping"], [0]), (["queen", "logs"], [0]), (["context", "ping"], [0]), (["config", "list"], [0]),
        (["config", "get", "queen.port"], [0]), (["config", "path"], [0]), (["doctor"], [0, 1]),
    ]

    func measure() async throws -> [Row] {
        let home = try workshop.home(Self.name)
        try workshop.keeper(["up"], home: home).succeed()
        try workshop.keeper(["context", "start"], home: home).succeed()
        var rows = try Self.reading.map { try reading($0.words, codes: $0.codes, home: home) }
        rows += try cycles(home)
        try workshop.keeper(["shutdown-all"], home: home).succeed()
        return rows
    }

    private func reading(_ words: [String], codes: Set<Int32>, home: String) throws -> Row {
        let command = try workshop.keeper(words, home: home)
        var (floor, samples) = (Samples(), Samples())
        _ = try command.time(codes: codes)
        for _ in 0..<workshop.pace.rounds(50, quick: 25) {
            floor.add(try SpawnFloor.time())
            samples.add(try command.time(codes: codes))
        }
        return Row(
            Self.name, words.joined(separator: " "), unit: .milliseconds, floor: floor, subject: samples,
            budgets: words == ["status"] ? [.median(below: 10)] : [], note: "floor: posix_spawn of /bin/true until it has been waited for")
    }

    /// Pairs that undo each other.
    private func cycles(_ home: String) throws -> [Row] {
        try workshop.keeper(["shutdown-all"], home: home).succeed()
        let pairs = [(["queen", "start"], ["queen", "stop"]), (["up"], ["down"])]
        return try pairs.flatMap { begin, end in
            let (begin, end) = (try workshop.keeper(begin, home: home), try workshop.keeper(end, home: home))
            var (floor, starts, stops) = (Samples(), Samples(), Samples())
            for _ in 0..<workshop.pace.rounds(10, quick: 6) {
                floor.add(try SpawnFloor.time())
                starts.add(try begin.time())
                stops.add(try end.time())
            }
            return [(begin, starts), (end, stops)].map { command, samples in
                Row(Self.name, command.words.joined(separator: " "), unit: .milliseconds, floor: floor, subject: samples)
            }
        }
    }
}
