internal import DaemonContract
internal import DaemonRuntime
internal import HTTP
internal import OperationContract

/// Carries out `infer`: asks a worker for a streamed chat completion and passes its tokens on as the job's.
struct InferenceJob: Sendable {
    let proxy: OpenAIProxy
    let narrator: Narrator

    func perform(_ infer: InferRequest, _ job: Job) async throws {
        try infer.validate()
        let started = Monotonic.now()
        let (response, assignment) = try await proxy.send(try Self.request(infer), ScheduleRequest(infer))
        defer { assignment.end() }
        let worker = assignment.worker.info.id
        narrator.say("infer", "worker \(worker) answers", target: worker)
        guard response.status.isSuccess else { throw Self.refusal(response.status, try await response.collectBody()) }
        let answer = try await read(response.body, from: assignment, streaming: infer.stream, job)
        try job.reply(
            InferResponse(
                text: answer.text, tokens: answer.usage?.completionTokens ?? 0, finishReason: answer.finish,
                promptTokens: answer.usage?.promptTokens, workerID: worker, durationMs: Monotonic.now().since(started) / 1_000_000))
    }

    /// What a worker generated.
    private struct Generated {
        var text = ""
        var finish: FinishReason?
        var usage: Usage?
    }

    /// Reads a streamed answer to its end, passing its tokens on.
    private func read(_ body: HTTPBody, from assignment: Assignment, streaming: Bool, _ job: Job) async throws -> Generated {
        var generated = Generated()
        do {
            for try await event in body.serverSentEvents {
                if event.data == OpenAIStream.end { return generated }
                if let error = try? ContractJSON.decode(OpenAIError.self, text: event.data) { throw error }
                let chunk = try ContractJSON.decode(ChatCompletionChunk.self, text: event.data)
                generated.usage = chunk.usage ?? generated.usage
                for choice in chunk.choices {
                    generated.finish = choice.finishReason ?? generated.finish
                    guard let piece = choice.delta.content, !piece.isEmpty else { continue }
                    generated.text += piece
                    if streaming { job.token(piece) }
                }
            }
        } catch let error as HTTPError where error.code == .cancelled {
            throw CancellationError()
        } catch is HTTPError {
            // Broken off: what follows says so.
        }
        await proxy.dispatcher.failed(assignment, at: assignment.began)
        throw RequestError(
            502, "worker_failed",
            "worker \(assignment.worker.info.id) broke off in the middle of its answer; ask again, and see: rbee-keeper status")
    }

    private static func request(_ infer: InferRequest) throws -> HTTPClientRequest {
        let sampling = infer.sampling
        let system = infer.system.map { [ChatMessage(role: .system, text: $0)] } ?? []
        let chat = ChatCompletionRequest(
            model: infer.model, messages: system + [ChatMessage(role: .user, text: infer.prompt)], stream: true,
            streamOptions: StreamOptions(includeUsage: true), maxTokens: sampling.maxTokens, temperature: sampling.temperature,
            topP: sampling.topP, seed: sampling.seed)
        return try HTTPClientRequest.json(chat, target: OpenAIPath.chatCompletions, deadlineSpan: .head)
    }

    private static func refusal(_ status: HTTPStatus, _ body: [UInt8]) -> RequestError {
        let said = try? ContractJSON.decode(OpenAIError.self, from: body)
        return RequestError(status.code, said?.code ?? "worker_refused", said?.message ?? "the worker answered with status \(status)")
    }
}
