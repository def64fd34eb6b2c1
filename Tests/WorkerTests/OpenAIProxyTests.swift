import DaemonContract
import EventLoop
import OperationContract
import Synchronization
import Testing

@testable import HTTP
@testable import Worker

/// An engine of answers written down.
private final class Engine: Sendable {
    private let answers: Mutex<[Result<HTTPClientResponse, HTTPError>]>
    private let asked = Mutex<[HTTPClientRequest]>([])

    init(_ answers: Result<HTTPClientResponse, HTTPError>...) {
        self.answers = Mutex(answers)
    }

    var requests: [HTTPClientRequest] { asked.withLock { $0 } }
    var bodies: [String] {
        requests.map { request in
            if case .bytes(let bytes) = request.content { String(decoding: bytes, as: UTF8.self) } else { "" }
        }
    }

    func send(_ request: HTTPClientRequest) throws(HTTPError) -> HTTPClientResponse {
        asked.withLock { $0.append(request) }
        return try answers.withLock { $0.removeFirst() }.get()
    }
}

@Suite struct OpenAIProxyTests {
    private func proxy(_ engine: Engine, served: String = "/m/a.gguf") -> OpenAIProxy {
        OpenAIProxy(model: OpenAIModel(id: "tiny", created: 0, ownedBy: "llama"), engine: "llama", servedModel: served) {
            request, _ throws(HTTPError) in try engine.send(request)
        }
    }

    private func response(_ body: String, status: Int = 200, type: String = "application/json; charset=utf-8") -> HTTPClientResponse {
        HTTPClientResponse(status: HTTPStatus(status), headers: ["Content-Type": type], body: HTTPBody(Array(body.utf8)))
    }

    private let request = Array(#"{"messages":[],"model":"tiny","some_new_field":1.50}"#.utf8)

    @Test func onlyTheModelIsChangedEitherWay() async throws {
        let engine = Engine(.success(response(#"{"id":"x","model":"/m/a.gguf","timings":{"a":0.10}}"#)))
        let answer = await proxy(engine).chatCompletions(request)
        #expect(engine.requests.map(\.target) == ["/v1/chat/completions"] && engine.requests[0].method == .post)
        #expect(engine.bodies == [#"{"messages":[],"model":"/m/a.gguf","some_new_field":1.50}"#])
        #expect(answer.status == 200 && answer.contentType == "application/json; charset=utf-8")
        #expect(String(decoding: try await answer.collected(), as: UTF8.self) == #"{"id":"x","model":"tiny","timings":{"a":0.10}}"#)
    }

    @Test func eachPathIsTheEngines() async throws {
        let engine = Engine(.success(response("{}")), .success(response("{}")))
        _ = await proxy(engine).completions(request)
        _ = await proxy(engine, served: "tiny").embeddings(request)
        #expect(engine.requests.map(\.target) == ["/v1/completions", "/v1/embeddings"])
        #expect(engine.bodies.last == String(decoding: request, as: UTF8.self))
    }

    @Test func aStreamPassesAsItComes() async throws {
        let pipe = HTTPBodyPipe(capacity: 1024, loop: .shared, demand: { _ in })
        let streamed = HTTPClientResponse(
            status: .ok, headers: ["Content-Type": "text/event-stream"], body: HTTPBody(pipe: pipe))
        let answer = await proxy(Engine(.success(streamed))).chatCompletions(request)
        guard case .stream(let write) = answer.body else {
            Issue.record("not a stream")
            return
        }
        _ = pipe.push(Array("data: {\"model\":\"/m/a.gguf\",\"n\":1}\n\ndata: {\"mo".utf8))
        let pieces = Mutex<[String]>([])
        try await write { bytes in
            let count = pieces.withLock { pieces in
                pieces.append(String(decoding: bytes, as: UTF8.self))
                return pieces.count
            }
            // The next only comes once the first has gone out: nothing waits for the end.
            if count == 1 {
                _ = pipe.push(Array("del\":\"/m/a.gguf\",\"n\":2}\n\ndata: [DONE]\n\n".utf8))
                pipe.finish()
            }
        }
        #expect(
            pieces.withLock { $0 } == [
                "data: {\"model\":\"tiny\",\"n\":1}\n\n", "data: {\"model\":\"tiny\",\"n\":2}\n\ndata: [DONE]\n\n",
            ])
    }

    @Test func aStreamThatBreaksSaysSoInIt() async throws {
        let pipe = HTTPBodyPipe(capacity: 1024, loop: .shared, demand: { _ in })
        let streamed = HTTPClientResponse(status: .ok, headers: ["Content-Type": "text/event-stream"], body: HTTPBody(pipe: pipe))
        let answer = await proxy(Engine(.success(streamed))).chatCompletions(request)
        guard case .stream(let write) = answer.body else {
            Issue.record("not a stream")
            return
        }
        _ = pipe.push(Array("data: {\"n\":1}\n\ndata: {\"half".utf8))
        pipe.fail(HTTPError(.closed, "the server went away"))
        let text = Mutex("")
        await #expect(throws: HTTPError.self) {
            try await write { bytes in text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        }
        let events = text.withLock { $0 }.split(separator: "\n\n")
        #expect(events.count == 2)
        let error = try ContractJSON.decode(OpenAIError.self, text: String(events.last?.dropFirst(6) ?? ""))
        #expect(error.code == "engine_unavailable" && error.message.contains("went away"))
    }

    @Test(arguments: [
        (#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#, 400, "exceed_context_size_error", "too long"),
        (#"{"error":{"message":"no","type":"x","param":"p","code":"c"}}"#, 422, "x", "no"),
        ("<html>", 502, "server_error", "The engine llama answered with status 502."),
        (#"{"detail":"nope"}"#, 404, "invalid_request_error", "The engine llama answered with status 404."),
    ]) func errorsAreInOpenAIsShape(_ body: String, _ status: Int, _ type: String, _ message: String) async throws {
        let answer = await proxy(Engine(.success(response(body, status: status)))).chatCompletions(request)
        #expect(answer.status == status)
        let error = try await answer.decoded(OpenAIError.self)
        #expect(error.type == type && error.message == message)
        let text = String(decoding: try await answer.collected(), as: UTF8.self)
        #expect(text.contains(#""param":"#) && text.contains(#""code":"#))
    }

    @Test func anEngineThatIsGoneIsAnError503() async throws {
        let engine = Engine(.failure(HTTPError(.refused, "nobody listens")))
        let answer = await proxy(engine).chatCompletions(request)
        #expect(answer.status == 503)
        let error = try await answer.decoded(OpenAIError.self)
        #expect(error.code == "engine_unavailable" && error.message.contains("nobody listens"))
    }

    @Test func aStaleConnectionIsTriedOnceMore() async throws {
        let closed = HTTPError(.closedBeforeResponse, "closed")
        let engine = Engine(.failure(closed), .success(response("{}")))
        #expect(await proxy(engine).chatCompletions(request).status == 200)
        let gone = Engine(.failure(closed), .failure(closed))
        #expect(await proxy(gone).chatCompletions(request).status == 503)
        #expect(gone.requests.count == 2)
    }

    @Test func whatIsNotForThisModelDoesNotReachTheEngine() async throws {
        let engine = Engine()
        for (body, status, code) in [
            (#"{"model":"other"}"#, 404, "model_not_found"), ("{}", 400, "missing_required_parameter"), ("{", 400, nil),
        ] as [(String, Int, String?)] {
            let answer = await proxy(engine).chatCompletions(Array(body.utf8))
            #expect(answer.status == status)
            #expect(try await answer.decoded(OpenAIError.self).code == code)
        }
        #expect(engine.requests.isEmpty)
    }

    @Test func theServedNameIsAskedOfTheEngine() async throws {
        func served(_ result: Result<HTTPClientResponse, HTTPError>) async -> String? {
            let engine = Engine(result)
            return await OpenAIProxy.servedModel(among: ["tiny", "/m/tiny"]) { request, _ throws(HTTPError) in try engine.send(request) }
        }
        #expect(await served(.success(response(#"{"data":[{"id":"/m/a.gguf"}]}"#))) == "/m/a.gguf")
        #expect(await served(.success(response(#"{"data":[{"id":"x"},{"id":"tiny"}]}"#))) == "tiny")
        #expect(await served(.success(response(#"{"data":[{"id":"x"},{"id":"y"}]}"#))) == nil)
        #expect(await served(.success(response(#"{"data":[{"id":"x"},{"id":"/m/tiny"}]}"#))) == "/m/tiny")
        #expect(await served(.success(response("{}"))) == nil)
        #expect(await served(.success(response("no", status: 404))) == nil)
        #expect(await served(.failure(HTTPError(.refused, "nobody listens"))) == nil)
    }
}
