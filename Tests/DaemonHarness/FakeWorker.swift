internal import DaemonContract
internal import EventLoop
internal import Glibc
package import HTTP
package import OperationContract
internal import Synchronization

/// A worker that a test plays itself: an HTTP server in the test's process that says it is one.
package final class FakeWorker: Sendable {
    /// Answers a request whose body is there.
    package typealias Answer = @Sendable (_ worker: FakeWorker, _ path: String, _ body: String) async -> HTTPResponse

    package let id: String
    package let model: String
    package let port: UInt16
    /// Opened by the first request that was cancelled because its client went away.
    package let cancelled = Latch()
    private let server: HTTPServer
    private let state: Mutex<State>

    private struct State {
        var answer: Answer
        var requests: [String] = []
        var headers: [HTTPHeaders] = []
    }

    private final class Weak: Sendable {
        let worker = Mutex<WeakWorker>(WeakWorker())
    }

    private struct WeakWorker {
        weak var value: FakeWorker?
    }

    package init(_ id: String, model: String = "m", answer: @escaping Answer = FakeWorker.saying("hi")) throws {
        self.id = id
        self.model = model
        state = Mutex(State(answer: answer))
        let holder = Weak()
        server = HTTPServer(loop: .shared) { request in
            guard let worker = holder.worker.withLock({ $0.value }) else {
                return .error(.serviceUnavailable, code: "gone", message: "the test is over")
            }
            return await worker.respond(to: request)
        }
        port = UInt16(clamping: try server.listenTCP(host: "127.0.0.1", port: 0))
        holder.worker.withLock { $0.value = self }
    }

    deinit {
        server.close()
    }

    /// The bodies of the requests that came.
    package var requests: [String] { state.withLock { $0.requests } }
    /// Their headers.
    package var headers: [HTTPHeaders] { state.withLock { $0.headers } }

    /// Answers otherwise from now on.
    package func answer(_ answer: @escaping Answer) {
        state.withLock { $0.answer = answer }
    }

    /// Stops listening and cuts every connection.
    package func close() {
        server.close()
    }

    private func respond(to request: HTTPRequest) async -> HTTPResponse {
        let body = (try? await request.collectBody()) ?? []
        let text = String(decoding: body, as: UTF8.self)
        let answer = state.withLock { state in
            state.requests.append(text)
            state.headers.append(request.headers)
            return state.answer
        }
        return await answer(self, request.path, text)
    }

    // MARK: Announcing

    /// What it says of itself.
    package func info(
        _ status: OperationalStatus = .ready, inFlight: Int? = nil, hive: String? = nil, port: UInt16? = nil
    ) -> WorkerInfo {
        WorkerInfo(
            id: id, modelID: model, device: "cpu", port: port ?? self.port, status: status, implementation: "fake", version: "0.1.0",
            baseURL: "http://127.0.0.1:\(port ?? self.port)", hiveID: hive, inFlight: inFlight)
    }

    /// Tells a queen that it is there.
    @discardableResult
    package func announce(
        to queen: TestDaemon, _ status: OperationalStatus = .ready, inFlight: Int? = nil, hive: String? = nil, at: HeartbeatTimestamp? = nil
    ) async throws -> TestAnswer {
        let beat = WorkerHeartbeat(
            worker: info(status, inFlight: inFlight, hive: hive), timestamp: at ?? HeartbeatTimestamp(unixMilliseconds: 1_700_000_000_000))
        let answer = try await queen.api.post(HeartbeatPath.worker, beat)
        guard answer.status == 200 else { throw TestDaemon.Failure("the heartbeat was refused with \(answer.status): \(answer.text)") }
        return answer
    }

    // MARK: Answers

    /// The chunks of a streamed answer, without their end.
    package static func chunk(_ text: String?, model: String = "m", finish: FinishReason? = nil, usage: Usage? = nil) -> String {
        let choices = text == nil && finish == nil ? [] : [ChatCompletionChunk.Choice(delta: .init(content: text), finishReason: finish)]
        let chunk = ChatCompletionChunk(id: "chatcmpl-1", created: 1, model: model, choices: choices, usage: usage)
        return (try? ContractJSON.encodeText(chunk)) ?? ""
    }

    /// Answers chat requests with these pieces: as a stream where one was asked for, as a whole otherwise.
    package static func saying(_ pieces: String...) -> Answer {
        { worker, _, body in
            guard body.contains("\"stream\":true") else {
                let text = pieces.joined()
                return .json(
                    ChatCompletion(
                        id: "chatcmpl-1", created: 1, model: worker.model, text: text, finishReason: .stop,
                        usage: Usage(promptTokens: 1, completionTokens: pieces.count)))
            }
            return .events { writer in
                for piece in pieces { try await writer.send(data: chunk(piece, model: worker.model)) }
                try await writer.send(data: chunk(nil, model: worker.model, finish: .stop))
                let usage = Usage(promptTokens: 1, completionTokens: pieces.count)
                try await writer.send(data: chunk(nil, model: worker.model, usage: usage))
                try await writer.send(data: OpenAIStream.end)
            }
        }
    }

    /// Says one piece, then waits for a latch before it says the rest; being cancelled is noted.
    package static func saying(_ first: String, then latch: Latch, _ rest: String...) -> Answer {
        { worker, _, _ in
            .events { [weak worker] writer in
                try await writer.send(data: chunk(first))
                do {
                    try await latch.wait()
                } catch is CancellationError {
                    worker?.cancelled.open()
                    throw CancellationError()
                }
                for piece in rest { try await writer.send(data: chunk(piece)) }
                try await writer.send(data: chunk(nil, finish: .stop, usage: Usage(promptTokens: 1, completionTokens: 1 + rest.count)))
                try await writer.send(data: OpenAIStream.end)
            }
        }
    }

    /// Thinks until a latch opens before its answer begins; being cancelled is noted.
    package static func thinking(until latch: Latch, then answer: @escaping Answer) -> Answer {
        { worker, path, body in
            do {
                try await latch.wait()
            } catch is CancellationError {
                worker.cancelled.open()
                return .error(.serviceUnavailable, code: "cancelled", message: "nobody listens any more")
            } catch {
                return .error(.internalServerError, code: "late", message: "\(error)")
            }
            return await answer(worker, path, body)
        }
    }

    /// Says one piece and dies.
    package static func breakingOff(after first: String) -> Answer {
        { _, _, _ in
            .events { writer in
                try await writer.send(data: chunk(first))
                throw TestDaemon.Failure("told to break off")
            }
        }
    }

    /// Takes no requests now.
    package static let draining: Answer = { _, _, _ in
        var response = HTTPResponse.error(.serviceUnavailable, code: "draining", message: "going")
        response.headers["Retry-After"] = "7"
        return response
    }

    /// Dies when it is asked, before a byte of an answer.
    package static let vanishing: Answer = { worker, _, _ in
        worker.close()
        return .text("")
    }
}
