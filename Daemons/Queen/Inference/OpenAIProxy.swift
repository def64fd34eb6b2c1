internal import DaemonContract
internal import DaemonRuntime
internal import HTTP
internal import OperationContract

/// Passes OpenAI requests on to workers, and their answers back as they come.
struct OpenAIProxy: Sendable {
    /// How long a worker may think before its answer begins.
    private static let patience: Duration = .seconds(3600)
    /// How many workers are tried when one after the other turns out to be gone.
    private static let attempts = 3

    let dispatcher: Dispatcher

    /// What the queen reads of a request; everything else is between client and worker.
    private struct Addressed: Decodable {
        var model: String
    }

    /// Answers a request with what a worker of its model answers.
    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.collectBody()
        let addressed: Addressed
        do {
            addressed = try ContractJSON.decode(Addressed.self, from: body)
        } catch {
            throw OpenAIError(error)
        }
        var passed = HTTPClientRequest(method: request.method, target: request.target, content: .bytes(body), deadlineSpan: .head)
        passed.headers["Content-Type"] = request.headers["Content-Type"] ?? "application/json"
        passed.headers["Accept"] = request.headers["Accept"]
        passed.headers["Authorization"] = request.headers["Authorization"]
        let (response, assignment) = try await send(passed, ScheduleRequest(model: addressed.model))
        return Self.relay(response, assignment)
    }

    /// Sends a request to a worker. One that is gone or going is passed over: what it did not begin, another does.
    func send(_ request: HTTPClientRequest, _ wanted: ScheduleRequest) async throws -> (HTTPClientResponse, Assignment) {
        var wanted = wanted
        var problem = ""
        for _ in 0..<Self.attempts {
            let assignment = try await dispatcher.assign(wanted)
            let sentAt = Monotonic.now()
            do throws(HTTPError) {
                let response = try await assignment.client.send(request, deadline: Self.patience)
                guard response.status == .serviceUnavailable, response.headers["Retry-After"] != nil else { return (response, assignment) }
                problem = "it is not taking requests"
            } catch {
                switch error.code {
                case .cancelled: throw CancellationError()
                case .refused, .noSuchSocket, .closedBeforeResponse: problem = error.message
                default: throw RequestError(502, "worker_failed", "worker \(assignment.worker.info.id) did not answer: \(error.message)")
                }
            }
            await dispatcher.failed(assignment, at: sentAt)
            wanted.excluding.insert(assignment.worker.info.id)
        }
        throw RequestError(
            502, "worker_unreachable",
            "no worker of \(wanted.model) answers (\(wanted.excluding.sorted().joined(separator: ", ")): \(problem)); see: rbee-keeper status"
        )
    }

    private static func relay(_ response: HTTPClientResponse, _ assignment: Assignment) -> HTTPResponse {
        var headers: HTTPHeaders = [:]
        for name in ["Content-Type", "Cache-Control", "Retry-After"] { headers[name] = response.headers[name] }
        return HTTPResponse(
            status: response.status, headers: headers,
            content: .stream { writer in
                defer { assignment.end() }
                for try await piece in response.body { try await writer.write(piece) }
            })
    }
}
