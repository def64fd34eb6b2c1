internal import DaemonContract
package import HTTP
package import OperationContract

/// OpenAI's requests, passed on to an engine that speaks OpenAI itself.
///
/// Bodies pass byte by byte, so that an engine sees fields that are unknown here; only the name of the model is changed, to the
/// engine's on the way in and back on the way out. Errors come out in OpenAI's shape whatever the engine made of them.
package struct OpenAIProxy: OpenAIBackend {
    /// Sends a request to the engine.
    package typealias Send = @Sendable (HTTPClientRequest, _ deadline: Duration) async throws(HTTPError) -> HTTPClientResponse

    /// How long an engine may take for the first byte of its answer, which without streaming comes with the last.
    package static let answerLimit: Duration = .seconds(3600)
    /// The largest answer that is not a stream.
    private static let largestAnswer = 64 << 20
    /// The largest error.
    private static let largestError = 1 << 20

    package let model: OpenAIModel
    private let engine: String
    private let servedModel: String
    private let send: Send

    /// - Parameters:
    ///   - model: the name under which the worker serves the engine.
    ///   - engine: what the engine is called, for people.
    ///   - servedModel: the name that the engine itself wants in requests.
    package init(model: OpenAIModel, engine: String, servedModel: String, send: @escaping Send) {
        self.model = model
        self.engine = engine
        self.servedModel = servedModel
        self.send = send
    }

    package func chatCompletions(_ body: [UInt8]) async -> OpenAIAnswer {
        await forward(body, to: OpenAIPath.chatCompletions)
    }

    package func completions(_ body: [UInt8]) async -> OpenAIAnswer {
        await forward(body, to: OpenAIPath.completions)
    }

    package func embeddings(_ body: [UInt8]) async -> OpenAIAnswer {
        await forward(body, to: OpenAIPath.embeddings)
    }

    /// The name that an engine wants in requests, from what it lists; nil when it cannot be told.
    ///
    /// - Parameter names: what the model may be called, the likeliest first.
    package static func servedModel(among names: [String], send: Send) async -> String? {
        do throws(HTTPError) {
            let response = try await send(HTTPClientRequest(target: OpenAIPath.models), .seconds(10))
            guard response.status == .ok else { return nil }
            let list = try ContractJSON.decodeModels(try await response.collectBody(upTo: largestError))
            return names.first { list.contains($0) } ?? (list.count == 1 ? list[0] : nil)
        } catch {
            // An engine without a list takes whatever name it is given.
            return nil
        }
    }

    // MARK: Requests

    private func forward(_ body: [UInt8], to path: String) async -> OpenAIAnswer {
        do throws(OpenAIError) {
            let response = try await ask(try request(body, to: path))
            let type = response.headers["Content-Type"] ?? "application/json"
            guard (200..<300).contains(response.status.code) else { throw await error(of: response) }
            if type.lowercased().hasPrefix("text/event-stream") { return stream(response.body, type) }
            var rewriter = ModelNameRewriter(form: .object, name: model.id)
            let whole = try await collect(response)
            return OpenAIAnswer(status: response.status.code, contentType: type, body: .bytes(rewriter.push(whole) + rewriter.finish()))
        } catch {
            return .failure(error)
        }
    }

    private func request(_ body: [UInt8], to path: String) throws(OpenAIError) -> HTTPClientRequest {
        let named: ModelName
        do {
            named = try ContractJSON.decode(ModelName.self, from: body)
        } catch {
            throw OpenAIError(error)
        }
        guard named.model == model.id else { throw unknownModel(named.model) }
        let body = servedModel == model.id ? body : JSONModelName.replace(in: body, with: servedModel)
        return HTTPClientRequest(
            method: .post, target: path, headers: ["Content-Type": "application/json"], content: .bytes(body), deadlineSpan: .head)
    }

    private func ask(_ request: HTTPClientRequest) async throws(OpenAIError) -> HTTPClientResponse {
        var outcome = await attempt(request)
        if case .failure(let error) = outcome, error.code == .closedBeforeResponse {
            // Most likely the engine closed a connection that was kept too long. Generating changes nothing, so it may be asked again.
            outcome = await attempt(request)
        }
        switch outcome {
        case .success(let response): return response
        case .failure(let error): throw unreachable(error)
        }
    }

    private func attempt(_ request: HTTPClientRequest) async -> Result<HTTPClientResponse, HTTPError> {
        do {
            return .success(try await send(request, Self.answerLimit))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Answers

    private func collect(_ response: HTTPClientResponse) async throws(OpenAIError) -> [UInt8] {
        do {
            return try await response.collectBody(upTo: Self.largestAnswer)
        } catch {
            throw unreachable(error)
        }
    }

    private func stream(_ body: HTTPBody, _ type: String) -> OpenAIAnswer {
        OpenAIAnswer(
            contentType: type,
            body: .stream { sink in
                var rewriter = ModelNameRewriter(form: .events, name: model.id)
                var iterator = body.makeAsyncIterator()
                while true {
                    switch await Self.next(&iterator) {
                    case .success(let bytes?):
                        let ready = rewriter.push(bytes)
                        if !ready.isEmpty { try await sink(ready) }
                    case .success(nil):
                        let rest = rewriter.finish()
                        if !rest.isEmpty { try await sink(rest) }
                        return
                    case .failure(let error):
                        // The status has been sent: all that is left is to say it in the stream, as an event of its own after
                        // whatever was begun, and to cut it.
                        if error.code != .cancelled {
                            try await sink(Array("\n\n".utf8) + (try OpenAIAnswer.event(unreachable(error))))
                        }
                        throw error
                    }
                }
            })
    }

    private static func next(_ iterator: inout HTTPBody.AsyncIterator) async -> Result<[UInt8]?, HTTPError> {
        do {
            return .success(try await iterator.next())
        } catch {
            return .failure(error)
        }
    }

    /// The engine's error in OpenAI's shape.
    private func error(of response: HTTPClientResponse) async -> OpenAIError {
        let status = response.status.code
        guard let body = try? await response.collectBody(upTo: Self.largestError),
            var error = try? ContractJSON.decode(OpenAIError.self, from: body)
        else {
            return OpenAIError(
                status: status, message: "The engine \(engine) answered with status \(status).",
                type: status < 500 ? "invalid_request_error" : "server_error", code: "engine_error")
        }
        error.status = status
        if error.type.isEmpty { error.type = status < 500 ? "invalid_request_error" : "server_error" }
        return error
    }

    private func unreachable(_ error: HTTPError) -> OpenAIError {
        .unavailable("The engine \(engine) did not answer to the end: \(error.message).", code: "engine_unavailable")
    }

    private struct ModelName: Decodable {
        var model: String
    }
}

extension ContractJSON {
    /// The ids in a list of models, whatever else it holds.
    fileprivate static func decodeModels(_ bytes: [UInt8]) throws(HTTPError) -> [String] {
        struct List: Decodable {
            struct Model: Decodable { var id: String }
            var data: [Model]
        }
        do {
            return try decode(List.self, from: bytes).data.map(\.id)
        } catch {
            throw HTTPError(.undecodable, error.description, underlying: error)
        }
    }
}
