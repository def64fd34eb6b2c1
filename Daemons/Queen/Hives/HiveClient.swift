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

    /// A hive's refusal keeps its status and its word; a hive that does not answer is a bad gateway.
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
            throw RequestError(502, "hive_unreachable", "the hive does not answer: \(error.message); see: rbee-keeper hive status")
        }
        guard answer.status.isSuccess else {
            let said = try? ContractJSON.decode(ErrorBody.self, from: answer.bytes)
            throw RequestError(
                answer.status.code, said?.error.code ?? "hive_refused",
                said?.error.message ?? "the hive answered with status \(answer.status)")
        }
        return try ContractJSON.decode(Reply.self, from: answer.bytes)
    }
}
