import DaemonContract
import DaemonRuntime
import Glibc
import HTTP

/// `GET /health` of a whole daemon, which asks itself over TCP and ends when it has asked so often.
struct HealthPath: DaemonService {
    private let context: DaemonContext
    private let count: Int

    /// The daemon that is asked.
    static func definition(options: [CommandOption], count: Int) -> DaemonDefinition {
        DaemonDefinition(kind: .queen, summary: "asks itself for its health", options: options) { HealthPath(context: $0, count: count) }
    }

    func start() async throws {
        Task(executorPreference: context.loop) {
            do {
                try await walk()
                exit(0)
            } catch {
                fail("\(HotPath.httpHealth.rawValue): \(error)")
            }
        }
    }

    private func walk() async throws {
        guard let port = context.info.port else { throw HotPathError("the daemon has no port") }
        let client = HTTPClient(loop: context.loop, endpoint: .tcp(host: "127.0.0.1", port: Int(port)))
        // What comes first says that it is still starting.
        while try await status(client) != .ok {}
        for _ in 0..<count {
            let status = try await status(client)
            guard status == .ok else { throw HotPathError("its health was \(status)") }
        }
    }

    private func status(_ client: HTTPClient) async throws -> HTTPStatus {
        let answer = try await client.send(HTTPClientRequest(target: "/health"), deadline: .seconds(60))
        _ = try await answer.collectBody()
        return answer.status
    }
}
