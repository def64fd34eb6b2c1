internal import BenchReport
internal import ContextContract
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import IPC
internal import OperationContract

/// What a connection and an entry of the registry cost when there are ten of them, and when there are ten thousand.
struct GrowthBenchmark: Benchmark {
    static let name = "growth"
    static let summary = "the cost of a connection and of a registered worker from 10 of them to 10,000"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    private static let steps = [10, 100, 1_000, 10_000]
    /// Descriptors that client and daemon need beside the connections.
    private static let spare = 200

    func measure() async throws -> [Row] {
        let room = try DescriptorLimit.raise(to: (Self.steps.last ?? 0) + Self.spare) - Self.spare
        return try await registry() + queenConnections(room: room) + contextConnections(room: room)
    }

    // MARK: Connections

    private func queenConnections(room: Int) async throws -> [Row] {
        var specification = try DaemonUnderTest(.queen, home: try workshop.home("growth-queen")).specification
        specification.environment["RBEE_HTTP_CONNECTIONS"] = "11000"
        let caller = try DaemonLifecycle(specification, owner: "bench", home: try workshop.home("growth-queen"))
        try await caller.ensure()
        let info = try await caller.info()
        guard let port = info.port else { throw BenchError("the queen listens on no port") }
        let request = Array("GET \(DaemonPath.health) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        let rows = try await Cores.pinned([info.pid], cores: 1) {
            try connections("queen", info.pid, HTTPReader.self, .tcp(port: port), request, counts: Self.steps.filter { $0 <= room })
        }
        try await caller.stop()
        return rows
    }

    private func contextConnections(room: Int) async throws -> [Row] {
        let home = try workshop.home("growth-context")
        let caller = try DaemonUnderTest(.context, home: home).caller()
        try await caller.ensure()
        let info = try await caller.info()
        let socket = Connection.Address.unix(path: "\(home)/run/context/\(info.instance).ipc.sock")
        let ping = FrameMachine.frame(of: try ValueEncoder.encode(ContextRequest.ping))
        // It takes 4,096 connections at a time.
        let counts = [10, 100, 1_000, 4_000].filter { $0 <= room }
        let rows = try await Cores.pinned([info.pid], cores: 1) {
            try connections("context", info.pid, FrameReader.self, socket, ping, counts: counts)
        }
        try await caller.stop()
        return rows
    }

    /// So many connections that have asked once and are kept, and what one more sees of that.
    private func connections<Reader: AnswerReader>(
        _ daemon: String, _ pid: Int32, _: Reader.Type, _ address: Connection.Address, _ request: [UInt8], counts: [Int]
    ) throws -> [Row] {
        var kept: [Connection] = []
        var (times, memory) = (Growth(), Growth())
        var rows: [Row] = []
        // What the first request of all brings with it belongs to none of them.
        var probe = try Exchange<Reader>(address, request)
        _ = try probe.times(200)
        for count in counts {
            let (had, before) = (kept.count, try ProcessCost(of: pid).anonymous)
            while kept.count < count {
                var exchange = try Exchange<Reader>(address, request)
                _ = try exchange.once()
                kept.append(exchange.connection)
            }
            let each = Samples([(try ProcessCost(of: pid).anonymous - before) * 1_024 / Double(count - had)])
            let samples = try probe.times(workshop.pace.count(5_000, quick: 3_000))
            times.add(count, samples.median)
            // What ten of them take is less than what the heap takes at a time.
            if had > 1 { memory.add(count, each.median) }
            func row(_ name: String, _ unit: Unit, _ samples: Samples) -> Row {
                Row(Self.name, "\(daemon), \(name)", ["connections": count], unit: unit, subject: samples)
            }
            rows += [row("a request beside them", .microseconds, samples), row("memory of each", .kibibytes, each)]
        }
        rows[0].note = times.sentence("\(daemon): a request beside connections, in µs,")
        rows[1].note = memory.sentence("\(daemon): the memory of each further connection, in KiB,")
        return rows
    }

    // MARK: Workers

    private func registry() async throws -> [Row] {
        let daemon = try DaemonUnderTest(.queen, home: try workshop.home("growth-registry"))
        let caller = try daemon.caller()
        try await caller.ensure()
        let pid = try await caller.info().pid
        let rows = try await Cores.pinned([pid], cores: 1) { try workers(daemon, pid) }
        try await caller.stop()
        return rows
    }

    private func workers(_ daemon: DaemonUnderTest, _ pid: Int32) throws -> [Row] {
        let models = Array("GET \(RegistryPath.models) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        var lookup = try Exchange<HTTPReader>(daemon.controlSocket, models)
        _ = try lookup.times(200)
        var beat = try Exchange<HTTPReader>(daemon.controlSocket, try Self.heartbeat(0))
        _ = try beat.once()
        var rows: [Row] = []
        var (beats, lookups, memory) = (Growth(), Growth(), Growth())
        var known = 1
        for count in Self.steps {
            let (had, before) = (known, try ProcessCost(of: pid).anonymous)
            while known < count {
                _ = try beat.once(try Self.heartbeat(known))
                known += 1
            }
            let each = Samples([(try ProcessCost(of: pid).anonymous - before) * 1_024 / Double(count - had)])
            let requests = workshop.pace.count(2_000, quick: 1_000)
            let (beatTimes, lookupTimes) = (try beat.times(requests), try lookup.times(requests))
            beats.add(count, beatTimes.median)
            lookups.add(count, lookupTimes.median)
            // What ten of them take is less than what the heap takes at a time.
            if had > 1 { memory.add(count, each.median) }
            func row(_ name: String, _ unit: Unit, _ samples: Samples) -> Row {
                Row(Self.name, "queen, \(name)", ["workers": count], unit: unit, subject: samples)
            }
            rows += [
                row("a heartbeat beside them", .microseconds, beatTimes), row("GET /v1/models", .microseconds, lookupTimes),
                row("memory of each", .kibibytes, each),
            ]
        }
        rows[0].note = beats.sentence("queen: a heartbeat beside workers, in µs,")
        rows[1].note = lookups.sentence("queen: GET /v1/models of one model beside its workers, in µs,")
        rows[2].note = memory.sentence("queen: the memory of each further worker, in KiB,")
        return rows
    }

    /// A heartbeat as a worker of that number would send it; all of them serve one model.
    private static func heartbeat(_ number: Int) throws -> [UInt8] {
        let worker = WorkerInfo(
            id: "growth-\(number)", modelID: "growth", device: "cpu", port: 9, status: .ready, implementation: "none", version: "1",
            baseURL: "http://127.0.0.1:9")
        let beat = WorkerHeartbeat(worker: worker, timestamp: HeartbeatTimestamp(unixMilliseconds: Int64(time(nil)) * 1_000))
        let body = try ContractJSON.encode(beat)
        let head =
            "POST \(HeartbeatPath.worker) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}
