internal import BenchReport
internal import ContextContract
internal import ContextLifecycle
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import IPC

/// The context daemon's socket beside a raw one.
struct IPCBenchmark: Benchmark {
    static let name = "ipc"
    static let summary =
        "the context daemon's socket beside a raw one: ping, 1 KB, 64 KB, acknowledgements, pipelined, 1 to 256 connections"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    /// A request that is sent one at a time.
    private struct Case {
        let name: String
        let bytes: Int
        let frame: [UInt8]
        let budget: Budget?
    }

    func measure() async throws -> [Row] {
        let home = try workshop.home(Self.name)
        let project = try workshop.home("\(Self.name)/project")
        let context = try ContextLifecycle(owner: "bench", home: home)
        try await context.ensure()
        _ = try await context.request(.initProject(cwd: project, asyncMode: false))
        guard let pid = try await context.status().pid else { throw BenchError("the context daemon ended at once") }
        let subject = Connection.Address.unix(path: "\(home)/run/context/default.ipc.sock")
        var rows: [Row] = []
        let one = try EchoServer(path: "\(home)/one.sock", mode: .one)
        for cores in Cores.layouts {
            rows += try await Cores.pinned([pid, one.pid], cores: cores) {
                try self.cases(project).map { try exchange($0, floor: one.address, subject: subject, cores: cores) }
            }
        }
        let many = try EchoServer(path: "\(home)/many.sock", mode: .many)
        for cores in Cores.layouts {
            rows += try await Cores.pinned([pid, many.pid], cores: cores) {
                try self.loads.flatMap { try load($0, floor: many.address, subject: subject, cores: cores) }
            }
        }
        try await context.stop()
        return rows
    }

    // MARK: One request at a time

    private func cases(_ project: String) throws -> [Case] {
        let filler = String(repeating: "x", count: 1_000)
        func ping(_ filler: String) -> [UInt8] {
            // A field without a meaning is read and ignored: what is larger is the message alone.
            FrameMachine.frame(of: .map([MessageValue.Member("action", .string("ping")), MessageValue.Member("filler", .string(filler))]))
        }
        func frame(_ request: ContextRequest) throws -> [UInt8] { FrameMachine.frame(of: try ValueEncoder.encode(request)) }
        return [
            Case(name: "ping", bytes: 0, frame: try frame(.ping), budget: .aboveFloor(10)),
            Case(name: "ping", bytes: 1_000, frame: ping(filler), budget: .aboveFloor(15)),
            Case(name: "ping", bytes: 64_000, frame: ping(String(repeating: "x", count: 64_000)), budget: nil),
            Case(name: "request", bytes: 1_000, frame: try frame(.checkInit(cwd: "/\(filler)")), budget: .median(below: 100)),
            Case(
                name: "acknowledgement", bytes: 0, frame: try frame(.notifyFileChange(cwd: project, path: "a", changeType: .modified)),
                budget: .median(below: 50)),
            Case(
                name: "acknowledgement", bytes: 1_000,
                frame: try frame(.notifyFileChange(cwd: project, path: filler, changeType: .modified)), budget: .median(below: 50)),
        ]
    }

    /// The floor and the daemon in turns, so that whatever else the machine does happens to both.
    private func exchange(_ what: Case, floor: Connection.Address, subject: Connection.Address, cores: Int) throws -> Row {
        var raw = try Exchange<FrameReader>(floor, what.frame)
        var ours = try Exchange<FrameReader>(subject, what.frame)
        var (floorSamples, samples) = (Samples(), Samples())
        for _ in 0..<100 { _ = try (raw.once(), ours.once()) }
        for _ in 0..<workshop.pace.rounds(20, quick: 10) {
            floorSamples.add(contentsOf: try raw.times(250))
            samples.add(contentsOf: try ours.times(250))
            // What was acknowledged is done before the daemon's queue is full.
            if what.name == "acknowledgement" { usleep(20_000) }
        }
        let budgets = what.budget.map { [$0, .p99(below: 500)] } ?? []
        return Row(
            Self.name, what.name, ["cores": cores, "bytes": what.bytes], unit: .microseconds, floor: floorSamples, subject: samples,
            budgets: budgets)
    }

    // MARK: Many at once

    /// Connections, and requests under way on each.
    private var loads: [(connections: Int, depth: Int)] { [(1, 1), (1, 16), (4, 1), (16, 1), (64, 1), (256, 1)] }

    private func load(_ load: (connections: Int, depth: Int), floor: Connection.Address, subject: Connection.Address, cores: Int) throws
        -> [Row]
    {
        try LoadComparison<FrameReader>(
            benchmark: Self.name, name: "ping", request: FrameMachine.frame(of: try ValueEncoder.encode(ContextRequest.ping)),
            connections: load.connections, depth: load.depth, cores: cores
        ).rows(floor: floor, subject: subject, pace: workshop.pace)
    }
}
