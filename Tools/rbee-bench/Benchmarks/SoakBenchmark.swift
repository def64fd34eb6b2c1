internal import BenchReport
internal import ContextContract
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import IPC

/// Requests and connections in rounds, until memory and descriptors are seen to be flat, or not.
struct SoakBenchmark: Benchmark {
    static let name = "soak"
    static let summary = "10,000 requests and 1,000 connections a round to each daemon, until memory and descriptors are flat"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    private static let requests = 10_000
    private static let connections = 1_000
    /// What a round may add to the one before it, in mebibytes: four bytes a request would show.
    private static let noise = 0.04
    /// So many rounds in a row without growth are flat.
    private static let flatRounds = 2

    func measure() async throws -> [Row] {
        var rows: [Row] = []
        let home = try workshop.home(Self.name)
        for kind in DaemonUnderTest.kinds {
            let daemon = try DaemonUnderTest(kind, home: home)
            let caller = try daemon.caller()
            try await caller.ensure()
            let info = try await caller.info()
            if kind == .context {
                let ping = FrameMachine.frame(of: try ValueEncoder.encode(ContextRequest.ping))
                let socket = Connection.Address.unix(path: "\(home)/run/context/\(info.instance).ipc.sock")
                rows += try soak(kind, info.pid) { try Self.round(FrameReader.self, socket, ping) }
            } else {
                guard let port = info.port else { throw BenchError("\(kind) listens on no port") }
                let question = Array("GET \(DaemonPath.info) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
                rows += try soak(kind, info.pid) { try Self.round(HTTPReader.self, .tcp(port: port), question) }
            }
            try await caller.stop()
        }
        return rows
    }

    /// Requests over ten connections, then connections of one request each.
    private static func round<Reader: AnswerReader>(_: Reader.Type, _ address: Connection.Address, _ request: [UInt8]) throws {
        _ = try ClosedLoop<Reader>(address, request, connections: 10).run(requests: requests)
        for _ in 0..<connections {
            var exchange = try Exchange<Reader>(address, request)
            _ = try exchange.once()
        }
    }

    /// The first sample is what it holds before the first round: what comes with that is code that is used for the first time, and no leak.
    private func soak(_ kind: DaemonKind, _ pid: Int32, _ round: () throws -> Void) throws -> [Row] {
        var last = try Self.settled(pid)
        var (memory, heap, descriptors) = (Samples([last.pss]), Samples([last.anonymous]), Samples([last.descriptors]))
        var flat = 0
        for _ in 0..<workshop.pace.rounds(20, quick: 10) where flat < Self.flatRounds {
            try round()
            let cost = try Self.settled(pid)
            flat = cost.pss - last.pss <= Self.noise && cost.descriptors <= last.descriptors ? flat + 1 : 0
            memory.add(cost.pss)
            heap.add(cost.anonymous)
            descriptors.add(cost.descriptors)
            last = cost
        }
        let verdict = flat >= Self.flatRounds ? "flat" : "GROWING"
        let figures = memory.values.map { NumberText.decimal($0, digits: 2) }.joined(separator: " ")
        return [
            Row(
                Self.name, "\(kind), PSS by round", unit: .mebibytes, subject: memory, budgets: [.lastGrowth(Self.noise)],
                note: "\(kind): \(verdict); PSS before the first round and after each: \(figures) MiB"),
            Row(Self.name, "\(kind), anonymous memory by round", unit: .mebibytes, subject: heap, budgets: [.lastGrowth(Self.noise)]),
            Row(Self.name, "\(kind), descriptors by round", unit: .count, subject: descriptors, budgets: [.lastGrowth(0)]),
        ]
    }

    /// What it holds once its connections are gone: their ends reach a daemon a moment after they were closed here.
    private static func settled(_ pid: Int32) throws -> ProcessCost {
        var last = try ProcessCost(of: pid)
        for _ in 0..<20 {
            usleep(100_000)
            let next = try ProcessCost(of: pid)
            if next.descriptors == last.descriptors && next.pss == last.pss { return next }
            last = next
        }
        return last
    }
}
