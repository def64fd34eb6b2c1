package import DaemonContract
internal import EventLoop
package import HTTP
package import OperationContract

/// An answer that was read to its end.
package struct TestAnswer: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let bytes: [UInt8]

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try ContractJSON.decode(type, from: bytes)
        } catch {
            throw TestDaemon.Failure("\(error.message) in the answer \(status): \(text)")
        }
    }

    /// An error in the daemons' own shape.
    package var error: ErrorBody.Detail? { (try? ContractJSON.decode(ErrorBody.self, from: bytes))?.error }
    /// An error in OpenAI's shape.
    package var openAIError: OpenAIError? { try? ContractJSON.decode(OpenAIError.self, from: bytes) }
}

/// Asks a daemon over HTTP. Every wait has a limit that only a failing test reaches.
package final class TestAPI: Sendable {
    package static let patience: Duration = .seconds(60)

    package let endpoint: HTTPEndpoint
    private let client: HTTPClient
    private let token: String

    package init(_ endpoint: HTTPEndpoint, token: String = "") {
        self.endpoint = endpoint
        self.token = token
        client = HTTPClient(loop: .shared, endpoint: endpoint)
    }

    /// Sends a request and waits for the head of the answer.
    package func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", headers: [(String, String)]? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(method: method, target: path, content: .bytes(Array(body.utf8)), deadlineSpan: .head)
        if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
        if headers == nil, !token.isEmpty { request.headers["Authorization"] = "Bearer \(token)" }
        for (name, value) in headers ?? [] { request.headers[name] = value }
        return try await client.send(request, deadline: Self.patience)
    }

    /// Sends a request and reads the whole answer.
    package func ask(
        _ method: HTTPMethod, _ path: String, _ body: String = "", headers: [(String, String)]? = nil
    ) async throws -> TestAnswer {
        let response = try await send(method, path, body, headers: headers)
        let bytes = try await EventLoop.shared.withDeadline(Self.patience) { try await response.collectBody(upTo: 64 << 20) }
        return TestAnswer(status: response.status.code, headers: response.headers, bytes: bytes)
    }

    package func get<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) async throws -> Value {
        try await ask(.get, path).decode(type)
    }

    package func post(_ path: String, _ value: some Encodable, headers: [(String, String)]? = nil) async throws -> TestAnswer {
        try await ask(.post, path, try ContractJSON.encodeText(value), headers: headers)
    }

    // MARK: OpenAI

    /// A chat request as a client would write it.
    package static func chat(_ model: String, _ text: String = "hello", stream: Bool = false, maxTokens: Int = 16) -> String {
        let content = (try? ContractJSON.encodeText(text)) ?? "\"\""
        return
            #"{"model":"\#(model)","messages":[{"role":"user","content":\#(content)}],"stream":\#(stream),"max_tokens":\#(maxTokens)}"#
    }

    package func chat(_ model: String, _ text: String = "hello", maxTokens: Int = 16) async throws -> TestAnswer {
        try await ask(.post, OpenAIPath.chatCompletions, Self.chat(model, text, maxTokens: maxTokens))
    }

    package func streamedChat(_ model: String, _ text: String = "hello", maxTokens: Int = 16) async throws -> HTTPClientResponse {
        try await send(.post, OpenAIPath.chatCompletions, Self.chat(model, text, stream: true, maxTokens: maxTokens))
    }

    // MARK: Jobs

    /// Submits an operation as a job.
    package func submit(_ operation: Operation) async throws -> TestJob {
        let answer = try await post(JobPath.jobs, operation)
        guard answer.status == 200 else { throw TestDaemon.Failure("the job was refused with \(answer.status): \(answer.text)") }
        return TestJob(api: self, id: try answer.decode(JobResponse.self).jobID)
    }

    /// Submits an operation, follows it to its end and returns its typed reply.
    package func run<Value: Decodable>(_ operation: Operation, as type: Value.Type = Value.self) async throws -> Value {
        let events = try await submit(operation).events()
        guard events.last?.data == "[DONE]", let result = events.last(where: { $0.event == "result" }) else {
            throw TestDaemon.Failure("the job ended with \(events.last?.data ?? "nothing")")
        }
        return try ContractJSON.decode(type, text: result.data)
    }

    /// Submits an operation that is expected to fail, and returns how its stream ended.
    package func ending(of operation: Operation) async throws -> String {
        try await submit(operation).events().last?.data ?? ""
    }

    // MARK: Workers of a hive

    /// Has a hive start a worker.
    package func spawn(
        _ model: String = "builtin", instance: String? = nil, ttlSecs: Double? = nil, reuse: Bool? = nil
    ) async throws -> WorkerSpawnResponse {
        let answer = try await post(
            RegistryPath.workers, WorkerSpawnRequest(model: model, instance: instance, ttlSecs: ttlSecs, reuse: reuse))
        guard answer.status == 201 else { throw TestDaemon.Failure("no worker: \(answer.status) \(answer.text)") }
        return try answer.decode()
    }

    /// The workers of a hive.
    package func workers() async throws -> [WorkerProcessInfo] {
        try await get(RegistryPath.workers, as: WorkerProcessList.self).workers
    }

    /// Waits until a hive's worker is what is wanted.
    package func worker(
        _ what: String, _ instance: String = "builtin-1", where isWanted: (WorkerProcessInfo) -> Bool
    ) async throws -> WorkerProcessInfo {
        try await eventually(what) { try await workers().first { $0.workerID == instance && isWanted($0) } }
    }

    /// Server-sent events of a path, as they come.
    package func events(_ path: String) async throws -> TestEvents {
        TestEvents(try await send(.get, path).body)
    }
}

/// A job that was submitted.
package struct TestJob: Sendable {
    let api: TestAPI
    package let id: String

    /// All events to the end of the stream.
    package func events(after last: String? = nil) async throws -> [SSEEvent] {
        let stream = try await stream(after: last)
        var events: [SSEEvent] = []
        while let event = try await stream.next() { events.append(event) }
        return events
    }

    /// The stream, to be read event by event.
    package func stream(after last: String? = nil) async throws -> TestEvents {
        let headers = last.map { [("Last-Event-ID", $0)] }
        return TestEvents(try await api.send(.get, JobPath.stream(id), headers: headers).body)
    }

    package func cancel() async throws -> TestAnswer {
        try await api.ask(.delete, JobPath.job(id))
    }
}

/// Server-sent events that are read one by one, each within a limit.
package actor TestEvents {
    private var iterator: HTTPBody.ServerSentEvents.AsyncIterator

    package nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.shared.asUnownedSerialExecutor() }

    package init(_ body: HTTPBody) {
        iterator = body.serverSentEvents.makeAsyncIterator()
    }

    /// The next event; nil at the end.
    package func next() async throws -> SSEEvent? {
        try await EventLoop.shared.withDeadline(TestAPI.patience) { try await self.advance() }
    }

    /// Reads on until an event is what is wanted.
    package func first(where isWanted: (SSEEvent) throws -> Bool) async throws -> SSEEvent {
        while let event = try await next() {
            if try isWanted(event) { return event }
        }
        throw TestDaemon.Failure("the events ended without the one that was waited for")
    }

    private func advance() async throws -> SSEEvent? {
        var reading = iterator
        defer { iterator = reading }
        return try await reading.next(isolation: self)
    }
}
