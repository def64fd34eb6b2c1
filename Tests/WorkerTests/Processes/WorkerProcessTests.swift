import DaemonContract
import EventLoop
import Glibc
import HTTP
import OperationContract
import Platform
import Synchronization
import Testing

/// The built worker as a process of its own.
@Suite struct WorkerProcessTests {
    private static let question = #"{"model":"MODEL","messages":[{"role":"user","content":"What is a daemon?"}],"temperature":0"#

    private func chat(_ model: String, _ more: String = "") -> HTTPClientRequest {
        let body = Self.question.replacing("MODEL", with: model) + more + "}"
        return HTTPClientRequest(
            method: .post, target: OpenAIPath.chatCompletions, content: .bytes(Array(body.utf8)), deadlineSpan: .head)
    }

    private func send(_ request: HTTPClientRequest, _ client: HTTPClient) async throws -> HTTPClientResponse {
        try await client.send(request, deadline: .seconds(30))
    }

    private func error(_ response: HTTPClientResponse) async throws -> OpenAIError {
        try await response.decode(OpenAIError.self)
    }

    @Test func theBuiltinModelIsServed() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "builtin", "--ttl", "0")
        let client = try await worker.client()
        let models = try await send(HTTPClientRequest(target: OpenAIPath.models), client).decode(OpenAIModelList.self)
        #expect(models.data.map(\.id) == ["builtin"])
        let model = try await send(HTTPClientRequest(target: OpenAIPath.model("builtin")), client).decode(OpenAIModel.self)
        #expect(model.ownedBy == "rbee")

        let answer = try await send(chat("builtin"), client).decode(ChatCompletion.self)
        let text = try #require(answer.choices.first?.message.content)
        #expect(text.hasPrefix("A daemon is a process"))

        let stream = try await send(chat("builtin", #","stream":true"#), client)
        #expect(stream.headers["Content-Type"]?.hasPrefix("text/event-stream") == true)
        var (streamed, last) = ("", "")
        for try await event in stream.body.serverSentEvents {
            last = event.data
            guard event.data != OpenAIStream.end else { break }
            let chunk = try ContractJSON.decode(ChatCompletionChunk.self, text: event.data)
            streamed += chunk.choices.first?.delta.content ?? ""
        }
        #expect(streamed == text && last == OpenAIStream.end)

        try worker.signal(SIGTERM)
        #expect(try await worker.end() == .exit(0))
    }

    @Test func badRequestsAreAnsweredAndTheWorkerLives() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--ttl", "0", configuration: "http.body_bytes: 64KiB\n")
        let client = try await worker.client()
        func post(_ body: String, _ path: String = OpenAIPath.chatCompletions) -> HTTPClientRequest {
            HTTPClientRequest(method: .post, target: path, content: .bytes(Array(body.utf8)))
        }
        let cases: [(HTTPClientRequest, Int, String?)] = [
            (post("{"), 400, nil),
            (post(#"{"model":"builtin"}"#), 400, "missing_required_parameter"),
            (chat("other"), 404, "model_not_found"),
            (post("{}", OpenAIPath.embeddings), 400, "missing_required_parameter"),
            (post(#"{"model":"builtin","prompt":"\#(String(repeating: "x", count: 70_000))"}"#, OpenAIPath.completions), 413, "too_large"),
            (HTTPClientRequest(target: OpenAIPath.model("no/such")), 404, "model_not_found"),
            (HTTPClientRequest(target: OpenAIPath.chatCompletions), 405, "method_not_allowed"),
        ]
        for (request, status, code) in cases {
            let response = try await send(request, client)
            #expect(response.status.code == status)
            let error = try await error(response)
            #expect(error.type == "invalid_request_error" && error.code == code, "\(error)")
        }
        #expect(try await send(chat("builtin"), client).status == .ok)
    }

    @Test func heartbeatsTellQueenAndHiveEveryState() async throws {
        let directory = try TemporaryDirectory()
        let (queen, hive) = (try HeartbeatListener(), try HeartbeatListener())
        let worker = try WorkerProcess(
            directory, "--model", "slow", "--ttl", "0", "--queen-url", queen.url, "--hive-url", hive.url,
            configuration: SocketEngine.configuration)
        let starting = try #require(await queen.heartbeat { $0.status == .starting })
        #expect(starting.id == "tiny-1" && starting.modelID == "slow" && starting.implementation == "command" && starting.hiveID == "test")

        let gate = Gate()
        let engine = try await SocketEngine(directory) { request in
            if request.path == OpenAIPath.chatCompletions { await gate.wait() }
            return .json(bytes: Array("{}".utf8))
        }
        let record = try await worker.ready()
        let ready = try #require(await queen.heartbeat { $0.status == .ready })
        #expect(ready.port == record.port && ready.baseURL == record.baseURL && ready.socket == record.socket && ready.inFlight == 0)
        #expect(await hive.heartbeat { $0.status == .ready } != nil)

        let client = try await worker.client(record)
        async let response = send(chat("slow"), client)
        #expect(await queen.heartbeat { $0.status == .busy }?.inFlight == 1)
        gate.open()
        #expect(try await response.status == .ok)
        #expect(await queen.heartbeat { $0.status == .ready } != nil)

        try worker.signal(SIGTERM)
        #expect(await queen.heartbeat { $0.status == .stopped } != nil)
        #expect(await hive.heartbeat { $0.status == .stopped } != nil)
        #expect(try await worker.end() == .exit(0))
        // The token of the run directory, and nothing else.
        #expect(queen.tokens.count == 1 && queen.tokens.first?.hasPrefix("Bearer ") == true && queen.tokens.first?.count ?? 0 > 39)
        withExtendedLifetime(engine) {}
    }

    @Test func aCommandEngineIsServed() async throws {
        // The engine is another worker: a program that serves OpenAI's API at the port it is told.
        let directory = try TemporaryDirectory()
        let configuration = """
            models:
              tiny:
                command: ['\(WorkerProcess.products)/rbee-worker', --instance, inner, --model, inner-name, --engine, builtin, --port, '${PORT}', --ttl, '0']
                env: {RBEE_HOME: '\(directory.path)/inner'}
            """
        let worker = try WorkerProcess(directory, "--model", "tiny", "--ttl", "0", configuration: configuration)
        let client = try await worker.client()
        let answer = try await send(chat("tiny"), client).decode(ChatCompletion.self)
        #expect(answer.model == "tiny")
        #expect(answer.choices.first?.message.content?.hasPrefix("A daemon is a process") == true)

        let stream = try await send(chat("tiny", #","stream":true,"max_tokens":5"#), client)
        var chunks = 0
        for try await event in stream.body.serverSentEvents {
            if event.data == OpenAIStream.end { break }
            #expect(try ContractJSON.decode(ChatCompletionChunk.self, text: event.data).model == "tiny")
            chunks += 1
        }
        #expect(chunks == 7)
        let tooLong = try await send(chat("tiny", #","max_tokens":-1"#), client)
        #expect(tooLong.status.code == 400)
        #expect(try await error(tooLong).param == "max_tokens")

        // The engine is the only one that holds a port of the range.
        let ports = try #require(try RunDirectory.open("\(directory.path)/run/ports", create: false))
        #expect(try ports.list().filter { try FileLock.probe(in: ports, name: $0) == .held }.count == 1)
        try worker.signal(SIGTERM)
        #expect(try await worker.end() == .exit(0))
        #expect(try ports.list().filter { try FileLock.probe(in: ports, name: $0) == .held }.isEmpty)
        #expect(try engineIsGone(directory))
    }

    @Test func aKilledWorkerTakesItsEngineWithIt() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "slow", "--ttl", "0", configuration: SocketEngine.configuration)
        let engine = try await SocketEngine(directory) { _ in .json(bytes: Array("{}".utf8)) }
        _ = try await worker.ready()
        #expect(try !engineIsGone(directory))
        try worker.signal(SIGKILL)
        _ = try await worker.end()
        // The guard frees the lock when all of its engine is gone: within milliseconds, but there is no event for it here.
        let end = ContinuousClock.now + .seconds(20)
        while try !engineIsGone(directory), ContinuousClock.now < end { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
        #expect(try engineIsGone(directory))
        withExtendedLifetime(engine) {}
    }

    @Test func anEngineThatDiesEndsItsWorkerWithAReason() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "slow", "--ttl", "0", configuration: SocketEngine.configuration)
        let engine = try await SocketEngine(directory) { _ in .json(bytes: Array("{}".utf8)) }
        _ = try await worker.ready()
        let line = try #require(
            try RunDirectory.open("\(directory.path)/run/engines", create: false).flatMap { try LockLine.read(in: $0, name: "tiny-1.lock") }
        )
        try #require(try ProcessWatch.open(pid: line.pid)).signal(SIGKILL)
        #expect(try await worker.end() == .exit(70))
        #expect(worker.said.contains("the engine of slow was ended by signal 9"), "\(worker.said)")
        withExtendedLifetime(engine) {}
    }

    @Test func anEngineThatDiesWhileStartingIsTheReasonTheWorkerDoes() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(
            directory, "--model", "bad", "--ttl", "0",
            configuration: "models:\n  bad:\n    command: [sh, -c, 'echo no such model >&2; exit 3', '${PORT}']\n")
        #expect(try await worker.end() == .exit(70))
        #expect(worker.said.contains("status 3") && worker.said.contains("no such model"), "\(worker.said)")
    }

    @Test func aModelThatIsNotConfiguredIsAConfigurationError() async throws {
        let worker = try WorkerProcess(try TemporaryDirectory(), "--model", "nope")
        #expect(try await worker.end() == .exit(78))
        #expect(worker.said.contains("models.nope"))
    }

    @Test func aDrainWaitsForWhatIsInFlight() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "slow", "--ttl", "0", configuration: SocketEngine.configuration)
        let gate = Gate()
        let engine = try await SocketEngine(directory) { request in
            guard request.path == OpenAIPath.chatCompletions else { return .json(bytes: Array("{}".utf8)) }
            return .events { writer in
                try await writer.send(SSEEvent(data: #"{"model":"x","n":1}"#))
                await gate.wait()
                try await writer.send(SSEEvent(data: "[DONE]"))
            }
        }
        let record = try await worker.ready()
        let client = try await worker.client(record)
        var events = try await send(chat("slow", #","stream":true"#), client).body.serverSentEvents.makeAsyncIterator()
        #expect(try await events.next()?.data == #"{"model":"slow","n":1}"#)
        try worker.signal(SIGTERM)
        // Draining is seen when nobody listens any more.
        let end = ContinuousClock.now + .seconds(20)
        while try worker.record()?.state != .draining, ContinuousClock.now < end { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
        gate.open()
        #expect(try await events.next()?.data == OpenAIStream.end)
        #expect(try await events.next() == nil)
        #expect(try await worker.end() == .exit(0))
        withExtendedLifetime(engine) {}
    }

    @Test func anEngineThatBreaksOffIsAnErrorInTheStream() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "slow", "--ttl", "0", configuration: SocketEngine.configuration)
        struct Broken: Error {}
        let engine = try await SocketEngine(directory) { request in
            guard request.path == OpenAIPath.chatCompletions else { return .json(bytes: Array("{}".utf8)) }
            return .events { writer in
                try await writer.send(SSEEvent(data: #"{"n":1}"#))
                throw Broken()
            }
        }
        let client = try await worker.client()
        var events = try await send(chat("slow", #","stream":true"#), client).body.serverSentEvents.makeAsyncIterator()
        #expect(try await events.next()?.data == #"{"n":1}"#)
        let last = try #require(try await events.next())
        #expect(try ContractJSON.decode(OpenAIError.self, text: last.data).code == "engine_unavailable")
        withExtendedLifetime(engine) {}
    }

    @Test func aClientThatLeavesIsNoticedByTheEngine() async throws {
        let directory = try TemporaryDirectory()
        let worker = try WorkerProcess(directory, "--model", "slow", "--ttl", "0", configuration: SocketEngine.configuration)
        let left = Gate()
        let engine = try await SocketEngine(directory) { request in
            guard request.path == OpenAIPath.chatCompletions else { return .json(bytes: Array("{}".utf8)) }
            return .events { writer in
                try await writer.send(SSEEvent(data: #"{"n":1}"#))
                try? await EventLoop.shared.sleep(for: .seconds(600))
                if Task.isCancelled { left.open() }
            }
        }
        let client = try await worker.client()
        do {
            var events = try await send(chat("slow", #","stream":true"#), client).body.serverSentEvents.makeAsyncIterator()
            #expect(try await events.next()?.data == #"{"n":1}"#)
        }
        // The body is dropped, and with it the connection: this returns only because the engine saw it.
        await left.wait()
        withExtendedLifetime(engine) {}
    }

    private func engineIsGone(_ directory: TemporaryDirectory) throws -> Bool {
        let engines = try #require(try RunDirectory.open("\(directory.path)/run/engines", create: false))
        return try FileLock.probe(in: engines, name: "tiny-1.lock") != .held
    }
}

/// Something to wait for that happens once.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
