internal import BenchReport
internal import OperationContract

/// The queen's HTTP beside nginx, and what she adds to a worker's answer.
struct HTTPBenchmark: Benchmark {
    static let name = "http"
    static let summary =
        "the queen beside nginx: a small reply, 1 to 256 connections; the first byte of a stream through the queen and at the worker"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    private static let health = Array("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)

    func measure() async throws -> [Row] {
        let home = try workshop.home(Self.name)
        let daemons = try await QueenAndWorker(home: home)
        let nginx = try Nginx(folder: try workshop.home("\(Self.name)/nginx"), upstream: daemons.workerPort)
        var rows: [Row] = []
        for cores in Cores.layouts {
            rows += try await Cores.pinned([daemons.queenPID] + (nginx.map { [$0.pid] } ?? []), cores: cores) {
                [try small(daemons, nginx, cores: cores)] + (try self.loads.flatMap { try load($0, daemons, nginx, cores: cores) })
            }
        }
        // Three processes take part in a stream: they run where the kernel lets them, as they would.
        rows += try firstBytes(daemons, nginx)
        try await daemons.stop()
        return rows
    }

    // MARK: A small reply

    private func small(_ daemons: QueenAndWorker, _ nginx: Nginx?, cores: Int) throws -> Row {
        var raw = try nginx.map { try Exchange<HTTPReader>($0.address, Self.health) }
        var ours = try Exchange<HTTPReader>(.tcp(port: daemons.queenPort), Self.health)
        var (floorSamples, samples) = (Samples(), Samples())
        for _ in 0..<100 { _ = try (raw?.once(), ours.once()) }
        for _ in 0..<workshop.pace.rounds(20, quick: 10) {
            if let times = try raw?.times(250) { floorSamples.add(contentsOf: times) }
            samples.add(contentsOf: try ours.times(250))
        }
        return Row(
            Self.name, "GET /health", ["cores": cores], unit: .microseconds, floor: raw == nil ? nil : floorSamples, subject: samples,
            note: nginx == nil ? Nginx.missing : "floor: nginx, return 200")
    }

    private var loads: [(connections: Int, depth: Int)] { [(1, 1), (1, 16), (16, 1), (64, 1), (256, 1)] }

    private func load(_ load: (connections: Int, depth: Int), _ daemons: QueenAndWorker, _ nginx: Nginx?, cores: Int) throws -> [Row] {
        try LoadComparison<HTTPReader>(
            benchmark: Self.name, name: "GET /health", request: Self.health, connections: load.connections, depth: load.depth, cores: cores
        ).rows(floor: nginx?.address, subject: .tcp(port: daemons.queenPort), pace: workshop.pace)
    }

    // MARK: A stream's first byte

    private static let path = "/v1/chat/completions"
    private static let chat =
        #"{"model":"builtin","messages":[{"role":"user","content":"Who is the queen?"}],"stream":true,"max_tokens":4,"temperature":0}"#

    private func firstBytes(_ daemons: QueenAndWorker, _ nginx: Nginx?) throws -> [Row] {
        func stream(_ port: UInt16) throws -> FirstByte { try FirstByte(.tcp(port: port), path: Self.path, body: Self.chat) }
        var (direct, queen) = (try stream(daemons.workerPort), try stream(daemons.queenPort))
        var peer = try nginx.map { try stream($0.port) }
        var (directTimes, queenTimes, peerTimes) = (Samples(), Samples(), Samples())
        for _ in 0..<20 { _ = try (direct.once(), queen.once(), peer?.once()) }
        for _ in 0..<workshop.pace.rounds(400, quick: 300) {
            directTimes.add(try direct.once())
            queenTimes.add(try queen.once())
            if let time = try peer?.once() { peerTimes.add(time) }
        }
        let note = "first byte: from the request to the first event of a chat; floor: the same worker, asked itself"
        let queenRow = Row(
            Self.name, "first byte, through the queen", unit: .microseconds, floor: directTimes, subject: queenTimes,
            budgets: [.aboveFloor(300)], note: note)
        guard nginx != nil else { return [queenRow] }
        return [
            queenRow,
            Row(
                Self.name, "first byte, through nginx", unit: .microseconds, floor: directTimes, subject: peerTimes, note: note),
        ]
    }
}
