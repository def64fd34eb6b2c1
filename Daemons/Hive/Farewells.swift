internal import DaemonContract
internal import DaemonRuntime
internal import EventLoop
internal import HTTP
internal import OperationContract

/// Tells the queen of workers that are gone, in their place: one that was killed cannot say so itself.
///
/// Each is told once; a queen that is not there has nothing to forget.
struct Farewells: Sendable {
    private let client: HTTPClient
    private let context: DaemonContext

    init(to queen: HTTPEndpoint, context: DaemonContext) {
        self.context = context
        client = HTTPClient(loop: context.loop, endpoint: queen)
    }

    func say(_ worker: WorkerInfo) {
        guard let body = try? ContractJSON.encode(WorkerHeartbeat(worker: worker, timestamp: .now())) else { return }
        let request = HTTPClientRequest(
            method: .post, target: HeartbeatPath.worker,
            headers: ["Content-Type": "application/json", "Authorization": "Bearer \(context.token)"], content: .bytes(body))
        Task { [client, context] in
            do throws(HTTPError) {
                _ = try await client.send(request, deadline: .seconds(5)).collectBody()
            } catch {
                context.log.debug(
                    "The queen could not be told of a worker's end.", ["worker": .text(worker.id), "error": .text(error.message)])
            }
        }
    }
}
