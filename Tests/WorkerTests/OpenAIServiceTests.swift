import DaemonContract
import OperationContract
import Synchronization
import Testing

@testable import Worker

extension OpenAIAnswer {
    /// The whole body.
    func collected() async throws -> [UInt8] {
        switch body {
        case .bytes(let bytes):
            return bytes
        case .stream(let write):
            let bytes = Mutex<[UInt8]>([])
            try await write { piece in bytes.withLock { $0 += piece } }
            return bytes.withLock { $0 }
        }
    }

    /// The body, decoded.
    func decoded<T: Decodable>(_ type: T.Type) async throws -> T {
        try ContractJSON.decode(type, from: try await collected())
    }

    /// The data of each event of a stream.
    func events() async throws -> [String] {
        let text = String(decoding: try await collected(), as: UTF8.self)
        #expect(text.hasSuffix("\n\n"))
        return text.split(separator: "\n\n").map { event in
            #expect(event.hasPrefix("data: ") && !event.contains("\n"))
            return String(event.dropFirst(6))
        }
    }
}

@Suite struct OpenAIServiceTests {
    let service = OpenAIService(engine: builtin, model: "tiny", now: { 1_700_000_000 })

    private func chat(_ json: String) async -> OpenAIAnswer { await service.chatCompletions(Array(json.utf8)) }
    private func complete(_ json: String) async -> OpenAIAnswer { await service.completions(Array(json.utf8)) }
    private func embed(_ json: String) async -> OpenAIAnswer { await service.embeddings(Array(json.utf8)) }

    private let question = #""model":"tiny","messages":[{"role":"user","content":"What is a daemon?"}],"temperature":0"#

    @Test func aChatIsAnsweredWhole() async throws {
        let answer = await chat("{\(question),\"unknown_field\":{\"a\":[1]}}")
        #expect(answer.status == 200 && answer.contentType == "application/json")
        let completion = try await answer.decoded(ChatCompletion.self)
        #expect(completion.id.hasPrefix("chatcmpl-"))
        #expect(completion.object == "chat.completion" && completion.model == "tiny" && completion.created == 1_700_000_000)
        #expect(completion.systemFingerprint == builtin.profile.fingerprint)
        let expected = try await builtin.chat("What is a daemon?")
        #expect(completion.choices.count == 1)
        #expect(completion.choices[0].message.role == .assistant)
        #expect(completion.choices[0].message.content == expected.text)
        #expect(completion.choices[0].finishReason == .stop)
        #expect(completion.usage == Usage(promptTokens: expected.end.promptTokens, completionTokens: expected.end.completionTokens))
    }

    @Test(arguments: [true, false]) func aChatIsStreamed(_ includesUsage: Bool) async throws {
        let options = includesUsage ? #","stream_options":{"include_usage":true}"# : ""
        let answer = await chat("{\(question),\"stream\":true,\"max_tokens\":9\(options)}")
        #expect(answer.status == 200 && answer.contentType.hasPrefix("text/event-stream"))
        var events = try await answer.events()
        #expect(events.popLast() == "[DONE]")
        var chunks = try events.map { try ContractJSON.decode(ChatCompletionChunk.self, text: $0) }
        #expect(Set(chunks.map(\.id)).count == 1)
        #expect(chunks.allSatisfy { $0.object == "chat.completion.chunk" && $0.model == "tiny" && $0.created == 1_700_000_000 })
        #expect(chunks.allSatisfy { $0.tellsUsage == includesUsage })
        if includesUsage {
            let usage = chunks.popLast()
            #expect(usage?.choices.isEmpty == true)
            #expect(usage?.usage?.completionTokens == 9)
        }
        #expect(chunks.first?.choices.first?.delta.role == .assistant)
        #expect(chunks.last?.choices.first?.finishReason == .length)
        #expect(chunks.dropLast().allSatisfy { $0.choices.first?.finishReason == nil })
        let whole = try await chat("{\(question),\"max_tokens\":9}").decoded(ChatCompletion.self)
        #expect(chunks.compactMap { $0.choices.first?.delta.content }.joined() == whole.choices[0].message.content)
        // One with the role, one for each token, one with the reason.
        #expect(chunks.count == 11)
    }

    @Test func aTextIsCompletedWhole() async throws {
        let answer = await complete(#"{"model":"tiny","prompt":"The queen","temperature":0,"echo":true}"#)
        let completion = try await answer.decoded(Completion.self)
        let expected = try await builtin.complete("The queen", maxTokens: 16)
        #expect(completion.id.hasPrefix("cmpl-") && completion.object == "text_completion")
        #expect(completion.choices[0].text == "The queen" + expected.text)
        #expect(completion.choices[0].finishReason == .length)
        #expect(completion.usage == Usage(promptTokens: 2, completionTokens: 16))
    }

    @Test func aTextIsStreamed() async throws {
        let answer = await complete(
            #"{"model":"tiny","prompt":["The queen"],"temperature":0,"stream":true,"stop":" only","stream_options":{"include_usage":true}}"#
        )
        var events = try await answer.events()
        #expect(events.popLast() == "[DONE]")
        let pieces = try events.map { try ContractJSON.decode(Completion.self, text: $0) }
        #expect(pieces.flatMap { $0.choices.map(\.text) }.joined() == " is the")
        #expect(pieces.dropLast().last?.choices.first?.finishReason == .stop)
        // The token of the stop string was drawn too.
        #expect(pieces.last?.usage == Usage(promptTokens: 2, completionTokens: 3))
        #expect(pieces.last?.choices.isEmpty == true)
    }

    @Test func aSeedAndSamplingReachTheEngine() async throws {
        let body = #"{"model":"tiny","prompt":"A bee","temperature":1.5,"seed":-3,"max_tokens":30,"frequency_penalty":1.5}"#
        let first = try await complete(body).decoded(Completion.self).choices
        #expect(try await complete(body).decoded(Completion.self).choices == first)
        let sampling = GenerationRequest.Sampling(temperature: 1.5, seed: UInt64(bitPattern: -3), frequencyPenalty: 1.5)
        let direct = try await builtin.answer(GenerationRequest(prompt: .text("A bee"), maxTokens: 30, sampling: sampling))
        #expect(first[0].text == direct.text)
    }

    @Test func vectorsComeAsNumbersAndAsBase64() async throws {
        let list = try await embed(#"{"model":"tiny","input":["a bee","a daemon"],"dimensions":8}"#).decoded(EmbeddingList.self)
        #expect(list.data.map(\.index) == [0, 1] && list.model == "tiny" && list.usage.promptTokens > 0)
        let expected = try await builtin.embed(["a bee", "a daemon"], dimensions: 8)
        #expect(list.data.map(\.embedding) == expected.vectors.map { .floats($0) })
        let coded = try await embed(#"{"model":"tiny","input":"a bee","dimensions":8,"encoding_format":"base64"}"#).decoded(
            EmbeddingList.self)
        #expect(coded.data.map(\.embedding) == [EmbeddingVector(expected.vectors[0], base64: true)])
    }

    @Test func theModelIsListed() async throws {
        let list = try await service.models().decoded(OpenAIModelList.self)
        #expect(list.data == [OpenAIModel(id: "tiny", created: 1_700_000_000, ownedBy: "rbee")])
        #expect(try await service.model(named: "tiny").decoded(OpenAIModel.self).id == "tiny")
        #expect(service.model(named: "other").status == 404)
    }

    @Test(
        arguments: [
            ("{", 400, nil, nil),
            ("[]", 400, nil, nil),
            (#"{"messages":[]}"#, 400, "missing_required_parameter", "model"),
            (#"{"model":"tiny"}"#, 400, "missing_required_parameter", "messages"),
            (#"{"model":"tiny","messages":[]}"#, 400, "empty_array", "messages"),
            (#"{"model":"no","messages":[{"role":"user","content":"x"}]}"#, 404, "model_not_found", "model"),
            (#"{"model":"tiny","messages":[{"role":"king","content":"x"}]}"#, 400, "invalid_value", "messages[0].role"),
            (
                #"{"model":"tiny","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#, 400,
                "unsupported_value", "messages[0].content"
            ),
            (
                #"{"model":"tiny","messages":[{"role":"user","content":"x"}],"temperature":3}"#, 400, "decimal_above_max_value",
                "temperature"
            ),
            (#"{"model":"tiny","messages":[{"role":"user","content":"x"}],"max_tokens":0}"#, 400, "integer_below_min_value", "max_tokens"),
        ] as [(String, Int, String?, String?)])
    func aBadRequestIsToldWhatIsWrong(_ body: String, _ status: Int, _ code: String?, _ param: String?) async throws {
        let answer = await chat(body)
        #expect(answer.status == status)
        let error = try await answer.decoded(OpenAIError.self)
        #expect(error.type == "invalid_request_error" && !error.message.isEmpty)
        #expect(error.code == code && error.param == param)
    }

    @Test func aPromptBeyondTheWindowIsAnErrorBeforeTheStreamBegins() async throws {
        let long = String(repeating: #"bee\n"#, count: 9000)
        let answer = await chat("{\"model\":\"tiny\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"\(long)\"}]}")
        #expect(answer.status == 400)
        #expect(try await answer.decoded(OpenAIError.self).code == "context_length_exceeded")
    }

    @Test func aFailureInTheMiddleOfAStreamIsSaidInIt() async throws {
        let failing = OpenAIService(engine: FailingEngine(), model: "tiny", now: { 0 })
        let answer = await failing.chatCompletions(Array("{\(question),\"stream\":true}".utf8))
        guard case .stream(let write) = answer.body else {
            Issue.record("not a stream")
            return
        }
        let text = Mutex("")
        await #expect(throws: EngineError.self) {
            try await write { bytes in text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        }
        let events = text.withLock { $0 }.split(separator: "\n\n")
        #expect(events.count == 3)
        #expect(events.last?.contains(#""code":"engine_unavailable""#) == true)

        let whole = await failing.chatCompletions(Array("{\(question)}".utf8))
        #expect(whole.status == 503)
    }

    @Test func aClientThatLeavesEndsTheGeneration() async throws {
        struct Gone: Error {}
        let answer = await chat("{\(question),\"stream\":true}")
        guard case .stream(let write) = answer.body else {
            Issue.record("not a stream")
            return
        }
        let pieces = Mutex(0)
        await #expect(throws: Gone.self) {
            try await write { _ in
                if pieces.withLock({
                    $0 += 1; return $0
                }) == 3 {
                    throw Gone()
                }
            }
        }
        #expect(pieces.withLock { $0 } == 3)
    }

    /// An engine that says one word and then fails.
    private struct FailingEngine: InferenceEngine {
        var profile: EngineProfile { EngineProfile(name: "failing", owner: "test", summary: "", fingerprint: "fp", contextWindow: 1) }

        func begin(_ request: GenerationRequest) throws(EngineError) -> any Generation { Words() }

        func embed(_ texts: [String], dimensions: Int?) throws(EngineError) -> TextEmbedding {
            throw EngineError(.unsupported, "no vectors")
        }

        private struct Words: Generation {
            var promptTokens: Int { 1 }
            var said = false

            mutating func next() async throws(EngineError) -> GenerationStep {
                guard !said else { throw EngineError(.unavailable, "the engine is gone") }
                said = true
                return .text("word")
            }
        }
    }
}
