internal import DaemonContract
internal import EventLoop
internal import HTTP
package import OperationContract
internal import Synchronization

/// A queen that a test plays itself: it takes heartbeats and remembers them.
package final class FakeQueen: Sendable {
    private struct State {
        var workers: [WorkerHeartbeat] = []
        var hives: [HiveHeartbeat] = []
        var authorizations: Set<String> = []
    }

    private final class Record: Sendable {
        let state = Mutex(State())
    }

    private let server: HTTPServer
    private let record: Record
    package let url: String

    package init() throws {
        let record = Record()
        self.record = record
        server = HTTPServer(loop: .shared) { request in
            let body = (try? await request.collectBody()) ?? []
            record.state.withLock { state in
                state.authorizations.insert(request.headers["Authorization"] ?? "")
                if request.path == HeartbeatPath.worker, let beat = try? ContractJSON.decode(WorkerHeartbeat.self, from: body) {
                    state.workers.append(beat)
                }
                if request.path == HeartbeatPath.hive, let beat = try? ContractJSON.decode(HiveHeartbeat.self, from: body) {
                    state.hives.append(beat)
                }
            }
            return .json(HeartbeatAck())
        }
        url = "http://127.0.0.1:\(try server.listenTCP(host: "127.0.0.1", port: 0))"
    }

    deinit {
        server.close()
    }

    package var authorizations: Set<String> { record.state.withLock { $0.authorizations } }

    /// Waits for a hive's heartbeat that is what is wanted, from the first one on.
    @discardableResult
    package func hive(_ what: String, where isWanted: @Sendable (HiveHeartbeat) -> Bool) async throws -> HiveHeartbeat {
        try await eventually(what) { record.state.withLock { $0.hives.first(where: isWanted) } }
    }

    /// Waits for a worker's heartbeat that is what is wanted, from the first one on.
    @discardableResult
    package func worker(_ what: String, where isWanted: @Sendable (WorkerInfo) -> Bool) async throws -> WorkerInfo {
        try await eventually(what) { record.state.withLock { $0.workers.map(\.worker).first(where: isWanted) } }
    }
}
