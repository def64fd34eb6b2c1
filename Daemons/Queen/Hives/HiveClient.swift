internal import DaemonContract
internal import DaemonRuntime
internal import HTTP
internal import OperationContract

/// Asks a hive to start, stop and list workers.
struct HiveClient: Sendable {
    private let client: HTTPClient
    private let token: String

    /// - Parameter token: this user's, which changing calls over TCP need.
    init(_ client: HTTPClient, token: String) {
        self.client = client
        self.token = token
    }

    /// Starts a worker and returns once it has answered, which may take as long as its model takes to load.
    func spawn(_ request: WorkerSpawnRequest) async throws -> WorkerSpawnResponse {
        try await exchange(.post, RegistryPath.workers, request, within: .seconds(3600))
    }

    /// Stops a worker by its name or its pid.
    func stop(_ worker: String) async throws -> WorkerStopReply {
        try await exchange(.delete, RegistryPath.worker(worker), Optional<String>.none, within: .seconds(60))
    }

    func workers() async throws -> WorkerProcessList {
        try await exchange(.get, RegistryPath.workers, Optional<String>.none, within: .seconds(5))
    }

    func worker(_ worker: String) async throws -> WorkerProcessInfo {
        try await exchange(.get, RegistryPath.worker(worker), Optional<String>.none, within: .seconds(5))
    }

    func models() async throws -> ModelList {
        try await exchange(.get, RegistryPath.models, Optional<String>.none, within: .seconds(5))
    }

    func capabilities() async throws -> HiveCapabilities {
        try await exchange(.get, RegistryPath.capabilities, Optional<String>.none, within: .seconds(5))
    }

    func info() async throws -> DaemonInfo {
        try await exchange(.get, DaemonPath.info, Optional<String>.none, within: .seconds(5))
    }

    /// What the caller of a queen is to blame for keeps its status and its word; the rest is a gateway's.
    private func exchange<Reply: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: (some Encodable)?, within limit: Duration
    ) async throws -> Reply {
        var request = HTTPClientRequest(method: method, target: path, headers: ["Authorization": "Bearer \(token)"])
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.content = .bytes(try ContractJSON.encode(body))
        }
        let answer: (status: HTTPStatus, bytes: [UInt8])
        do throws(HTTPError) {
            let response = try await client.send(request, deadline: limit)
            answer = (response.status, try await response.collectBody())
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            throw RequestError(
                502, Self.unreachable, "the hive does not answer: \(error.message); see: rbee-keeper hive status")
        }
        guard answer.status.isSuccess else { throw Self.refusal(answer.status, answer.bytes) }
        do throws(ContractError) {
            return try ContractJSON.decode(Reply.self, from: answer.bytes)
        } catch {
            throw RequestError(502, "bad_hive_answer", "the hive's answer cannot be read: \(error.message)")
        }
    }

    private static func refusal(_ status: HTTPStatus, _ body: [UInt8]) -> RequestError {
        let said = (try? ContractJSON.decode(ErrorBody.self, from: body))?.error
        let message = said?.message ?? "the hive answered with status \(status)"
        switch status.code {
        case 400, 404, 409, 502: return RequestError(status.code, said?.code ?? "hive_refused", message)
        case 503: return .unavailable(message, code: said?.code ?? Self.unreachable)
        default: return RequestError(502, said?.code ?? "hive_refused", "the hive refused: \(message)")
        }
    }

    private static let unreachable = "hive_unreachable"

    /// Whether another hive, or this one when it is there again, may do what this one could not: it is away, or about to be.
    static func isAway(_ error: RequestError) -> Bool {
        error.code == unreachable || (error.status == 503 && error.code == RequestError.draining.code)
    }
}
