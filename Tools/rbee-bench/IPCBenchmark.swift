internal import ContextContract
internal import ContextLifecycle
internal import DaemonContract
internal import DaemonLifecycle
internal import FoundationEssentials
internal import Glibc
internal import IPC

/// The context daemon's socket against a raw one, start and stop, and what it costs while nobody asks.
enum IPCBenchmark {
    /// One line of the result.
    private struct Row: Encodable {
        let what: String
        let cores: Int
        let floor: Samples?
        let subject: Samples
        /// What the subject's median may be above the floor's, or may be; nil without a budget.
        let budget: String?
        let holds: Bool?
    }

    /// What a median may be, in microseconds.
    private enum Budget: CustomStringConvertible {
        /// So much more than a raw socket with the same bytes.
        case aboveFloor(Double)
        case below(Double)

        func holds(_ median: Double, _ floor: Double) -> Bool {
            switch self {
            case .aboveFloor(let more): median <= floor + more
            case .below(let limit): median < limit
            }
        }

        var description: String {
            switch self {
            case .aboveFloor(let more): "floor + \(Int(more)) µs"
            case .below(let limit): "< \(Int(limit)) µs"
            }
        }
    }

    private struct Result: Encodable {
        let machine = MachineFacts()
        let rows: [Row]
        let idle: [String: Double]
    }

    static func main(_ words: [String]) async -> Int32 {
        let rounds = words.firstIndex(of: "--rounds").flatMap { words.indices.contains($0 + 1) ? Int(words[$0 + 1]) : nil } ?? 20
        do {
            let result = try await measure(rounds: max(1, rounds))
            print(words.contains("--json") ? try ContractJSON.encodeText(result) : table(result))
            return result.rows.allSatisfy { $0.holds != false } ? 0 : 1
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static func measure(rounds: Int) async throws -> Result {
        var template = Array("/tmp/rbee-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BlockingClient.Failure(description: "cannot make a directory in /tmp") }
        let home = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let project = "\(home)/project"
        mkdir(project, 0o700)
        let context = try ContextLifecycle(owner: "bench", home: home)
        defer { try? FileManager.default.removeItem(atPath: home) }

        var start = Samples(), stop = Samples()
        for _ in 0..<rounds {
            var begun = Clock.now
            try await context.ensure()
            start.add(nanoseconds: Clock.now - begun)
            begun = Clock.now
            try await context.stop()
            stop.add(nanoseconds: Clock.now - begun)
        }
        try await context.ensure()
        _ = try await context.request(.initProject(cwd: project, asyncMode: false))
        guard let pid = try await context.status().pid else { throw BlockingClient.Failure(description: "the daemon is gone") }
        let idle = IdleCost.of(pid, seconds: 3)

        let floor = try FloorServer(path: "\(home)/floor.sock")
        defer { floor.end() }
        var rows: [Row] = []
        for cores in Cores.count > 1 ? [1, 2] : [1] {
            Cores.pin(getpid(), to: 0)
            Cores.pin(pid, to: cores - 1)
            Cores.pin(floor.pid, to: cores - 1)
            rows += try exchanges(home: home, project: project, floor: floor.path, cores: cores, rounds: rounds)
        }
        Cores.pin(getpid(), to: nil)
        rows.append(Row(what: "start to ready", cores: 0, floor: nil, subject: start, budget: "< 40 ms", holds: start.median < 40_000))
        rows.append(Row(what: "stop when idle", cores: 0, floor: nil, subject: stop, budget: "< 30 ms", holds: stop.median < 30_000))
        try await context.stop()
        return Result(rows: rows, idle: idle)
    }

    /// The floor and the daemon in turns, so that whatever else the machine does happens to both.
    private static func exchanges(home: String, project: String, floor: String, cores: Int, rounds: Int) throws -> [Row] {
        let filler = String(repeating: "x", count: 1_000)
        func frame(_ request: ContextRequest) throws -> [UInt8] { FrameMachine.frame(of: try ValueEncoder.encode(request)) }
        // A field without a meaning is read and ignored: what is larger is the message alone.
        let largePing = FrameMachine.frame(
            of: .map([MessageValue.Member("action", .string("ping")), MessageValue.Member("filler", .string(filler))]))
        let cases: [(what: String, frame: [UInt8], budget: Budget)] = [
            ("ping", try frame(.ping), .aboveFloor(10)), ("1 KB ping", largePing, .aboveFloor(15)),
            ("1 KB request", try frame(.checkInit(cwd: "/\(filler)")), .below(100)),
            ("acknowledgement", try frame(.notifyFileChange(cwd: project, path: "a", changeType: .modified)), .below(50)),
            ("1 KB acknowledgement", try frame(.notifyFileChange(cwd: project, path: filler, changeType: .modified)), .below(50)),
        ]
        var rows: [Row] = []
        for (what, frame, budget) in cases {
            var raw = try BlockingClient(path: floor), ours = try BlockingClient(path: "\(home)/run/context/default.ipc.sock")
            var floorSamples = Samples(), samples = Samples()
            for _ in 0..<100 { _ = try (raw.exchange(frame), ours.exchange(frame)) }
            for _ in 0..<rounds {
                for _ in 0..<250 { floorSamples.add(nanoseconds: try raw.exchange(frame)) }
                for _ in 0..<250 { samples.add(nanoseconds: try ours.exchange(frame)) }
                // What was acknowledged is done before the queue is full.
                usleep(20_000)
            }
            rows.append(
                Row(
                    what: what, cores: cores, floor: floorSamples, subject: samples, budget: "\(budget), p99 < 500 µs",
                    holds: budget.holds(samples.median, floorSamples.median) && samples.quantile(0.99) < 500))
        }
        return rows
    }

    private static func table(_ result: Result) -> String {
        func column(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
        func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        var lines = ["\(result.machine.model), \(result.machine.cores) cores, Linux \(result.machine.kernel); microseconds"]
        lines.append(
            column("", 22) + column("cores", 7) + column("floor p50", 11) + column("p50", 9) + column("p90", 9) + column("p99", 9)
                + column("p99.9", 9) + "budget")
        for row in result.rows {
            let verdict = row.budget.map { "\($0): \(row.holds == true ? "holds" : "MISSED")" } ?? ""
            lines.append(
                column(row.what, 22) + column(row.cores == 0 ? "" : "\(row.cores)", 7)
                    + column(row.floor.map { number($0.median) } ?? "", 11)
                    + [0.5, 0.9, 0.99, 0.999].map { column(number(row.subject.quantile($0)), 9) }.joined() + verdict)
        }
        lines.append("idle: " + result.idle.sorted { $0.key < $1.key }.map { "\($0.key) \(number($0.value))" }.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }
}

/// Says what failed, on standard error.
func complain(_ text: String) {
    let line = Array("rbee-bench: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}
