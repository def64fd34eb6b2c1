internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle
internal import OperationContract
internal import QueenLifecycle
internal import WorkerLifecycle

/// A queen and a worker that she knows, without a hive between them.
struct QueenAndWorker {
    let queen: QueenLifecycle
    let worker: WorkerLifecycle
    let queenPID: Int32
    let workerPID: Int32
    let queenPort: UInt16
    let workerPort: UInt16

    /// The model that needs no download.
    static let model = "builtin"

    /// Starts both, and waits until the queen knows the worker.
    init(home: String) async throws {
        queen = try QueenLifecycle(owner: "bench", home: home) { $0.environment["RBEE_QUEEN_AUTOSTART_HIVE"] = "false" }
        let handle = try await queen.ensure()
        worker = try WorkerLifecycle(model: Self.model, queenURL: handle.baseURL, timeToLive: .zero, owner: "bench", home: home)
        try await worker.ensure()
        let (queenInfo, workerInfo) = (try await queen.info(), try await worker.info())
        queenPID = queenInfo.pid
        workerPID = workerInfo.pid
        queenPort = try Self.port(of: queenInfo)
        workerPort = try Self.port(of: workerInfo)
        for _ in 0..<500 {
            let answer = try await queen.send(DaemonRequest("GET", RegistryPath.models))
            if String(decoding: try await answer.bytes(), as: UTF8.self).contains("\"\(Self.model)\"") { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw BenchError("the queen does not know the worker after 5 s")
    }

    func stop() async throws {
        try await worker.stop()
        try await queen.stop()
    }

    private static func port(of info: DaemonInfo) throws -> UInt16 {
        guard let port = info.port else { throw BenchError("\(info.kind)/\(info.instance) listens on no port") }
        return port
    }
}
