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
    /// This user's token: workers take requests from whoever has it, whatever keys their own clients need.
    let token: @Sendable () -> String

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
        let (response, assignment) = try await send(passed, ScheduleRequest(model: addressed.model))
        return relay(response, assignment)
    }

    /// Sends a request to a worker. One that is gone or going is passed over: what it did not begin, another does.
    func send(_ request: HTTPClientRequest, _ wanted: ScheduleRequest) async throws -> (HTTPClientResponse, Assignment) {
        var request = request
        request.headers["Authorization"] = "Bearer \(token())"
        var wanted = wanted
        var refused: RequestError?
        for _ in 0..<Self.attempts {
            let assignment = try await dispatcher.assign(wanted)
            let worker = assignment.worker.info.id
            do throws(HTTPError) {
                let response = try await assignment.client.send(request, deadline: Self.patience)
                guard response.status == .serviceUnavailable, let seconds = response.headers["Retry-After"] else {
                    return (response, assignment)
                }
                refused = .unavailable(
                    "worker \(worker) takes no requests now; ask again in a moment", code: "worker_busy", retryAfter: Int(seconds) ?? 1)
            } catch {
                refused = try Self.passable(error, worker)
                await dispatcher.failed(assignment, at: assignment.began)
            }
            wanted.excluding.insert(worker)
        }
        throw refused ?? RequestError.unavailable("no worker of \(wanted.model) took the request", code: "no_worker")
    }

    /// What to say of a worker that is gone, if no other takes the request.
    ///
    /// - Throws: what ends the request at once: it may have been worked on already, or nobody waits for it any more.
    private static func passable(_ error: HTTPError, _ worker: String) throws -> RequestError {
        switch error.code {
        case .cancelled:
            throw CancellationError()
        case .refused, .noSuchSocket, .unreachable, .closedBeforeResponse:
            return RequestError(502, "worker_unreachable", "worker \(worker) is gone: \(error.message); see: rbee-keeper status")
        default:
            throw RequestError(502, "worker_failed", "worker \(worker) did not answer: \(error.message)")
        }
    }

    private func relay(_ response: HTTPClientResponse, _ assignment: Assignment) -> HTTPResponse {
        var headers: HTTPHeaders = [:]
        for name in ["Content-Type", "Cache-Control", "Retry-After"] { headers[name] = response.headers[name] }
        return HTTPResponse(
            status: response.status, headers: headers,
            content: .stream { [dispatcher] writer in
                defer { assignment.end() }
                var pieces = response.body.makeAsyncIterator()
                while let piece = try await Self.next(&pieces, assignment, dispatcher) { try await writer.write(piece) }
            })
    }

    /// The next piece of an answer; a worker that goes away in the middle of it gets no requests until it is heard of again.
    private static func next(
        _ pieces: inout HTTPBody.AsyncIterator, _ assignment: Assignment, _ dispatcher: Dispatcher
    ) async throws -> [UInt8]? {
        do throws(HTTPError) {
            return try await pieces.next()
        } catch {
            if error.code == .closed { await dispatcher.failed(assignment, at: assignment.began) }
            throw error
        }
    }
}
