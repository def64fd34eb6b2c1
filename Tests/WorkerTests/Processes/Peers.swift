import DaemonContract
import EventLoop
import HTTP
import OperationContract
import Platform
import Synchronization

/// Stands in for a queen or a hive: keeps the heartbeats it is sent.
final class HeartbeatListener: Sendable {
    private let received = AsyncStream<WorkerHeartbeat>.makeStream(bufferingPolicy: .bufferingNewest(1000))
    private let authorizations: SharedSet
    private let server: HTTPServer
    let port: Int

    init() throws {
        let received = received.continuation
        let authorizations = SharedSet()
        self.authorizations = authorizations
        server = HTTPServer { request in
            guard request.path == HeartbeatPath.worker, let heartbeat = try? await request.decode(WorkerHeartbeat.self) else {
                return .error(.badRequest, code: "bad_request", message: "no heartbeat")
            }
            authorizations.insert(request.headers["Authorization"] ?? "")
            received.yield(heartbeat)
            return .json(HeartbeatAck())
        }
        port = try server.listenTCP(host: "127.0.0.1", port: 0)
    }

    deinit { server.close() }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The `Authorization` of everything that came.
    var tokens: Set<String> { authorizations.all }

    /// Waits for a heartbeat that is as wanted, and gives it.
    func heartbeat(_ isWanted: @Sendable (WorkerInfo) -> Bool) async -> WorkerInfo? {
        for await heartbeat in received.stream where isWanted(heartbeat.worker) { return heartbeat.worker }
        return nil
    }
}

final class SharedSet: Sendable {
    private let values = Mutex<Set<String>>([])

    var all: Set<String> { values.withLock { $0 } }

    func insert(_ value: String) { values.withLock { _ = $0.insert(value) } }
}

/// An engine in the test's own hands: the program under the guard only sleeps, and the test serves the engine's socket.
final class SocketEngine: Sendable {
    /// What a worker's configuration says of it.
    static let configuration = """
        models:
          slow:
            command: [sh, -c, 'exec sleep 1000', '${SOCKET}']
        """

    private let server: HTTPServer

    /// Serves at the engine's socket once the engine has been started.
    init(_ directory: TemporaryDirectory, instance: String = "tiny-1", handler: @escaping HTTPHandler) async throws {
        server = HTTPServer(handler: handler)
        let run = try RunDirectory.make("\(directory.path)/run").makeSubdirectory("engines")
        // The worker makes the socket's place free, then its guard takes the lock: there is no event for that.
        let end = ContinuousClock.now + .seconds(30)
        while try FileLock.probe(in: run, name: "\(instance).lock") != .held {
            guard ContinuousClock.now < end else { throw WorkerProcess.Failure(description: "the engine was not started") }
            try await EventLoop.shared.sleep(for: .milliseconds(5))
        }
        server.listen(descriptor: try run.bindSocket("\(instance).sock").descriptor)
    }

    deinit { server.close() }
}
