import DaemonContract
import OperationContract
import Testing

@Suite("OpenAI answers on the wire")
struct OpenAIResponseTests {
    @Test("A whole answer")
    func chat() throws {
        try checkWire(
            ChatCompletion(
                id: "chatcmpl-1", created: 5, model: "m", text: "hi", finishReason: .stop,
                usage: Usage(promptTokens: 2, completionTokens: 3)),
            #"{"choices":[{"finish_reason":"stop","index":0,"logprobs":null,"message":{"content":"hi","refusal":null,"role":"assistant"}}],"#
                + #""created":5,"id":"chatcmpl-1","model":"m","object":"chat.completion","#
                + #""usage":{"completion_tokens":3,"prompt_tokens":2,"total_tokens":5}}"#)
    }

    @Test("A stream without usage")
    func stream() throws {
        let stream = ChatCompletionStream(id: "chatcmpl-1", created: 5, model: "m", includesUsage: false)
        let tail = #""created":5,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk"}"#
        try checkWire(
            stream.first(),
            #"{"choices":[{"delta":{"content":"","role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"# + tail)
        try checkWire(
            stream.text("h"), #"{"choices":[{"delta":{"content":"h"},"finish_reason":null,"index":0,"logprobs":null}],"# + tail)
        let last = stream.last(.length, usage: Usage(promptTokens: 1, completionTokens: 1))
        try #require(last.count == 1)
        try checkWire(last[0], #"{"choices":[{"delta":{},"finish_reason":"length","index":0,"logprobs":null}],"# + tail)
    }

    @Test("A stream with usage: null until the last chunk, which has no choices")
    func streamWithUsage() throws {
        let stream = ChatCompletionStream(id: "i", created: 5, model: "m", includesUsage: true)
        let last = stream.last(.stop, usage: Usage(promptTokens: 1, completionTokens: 2))
        try #require(last.count == 2)
        for chunk in [stream.first(), stream.text("h"), last[0]] {
            #expect(try ContractJSON.encodeText(chunk).contains(#""usage":null"#))
            #expect(try ContractJSON.decode(ChatCompletionChunk.self, from: ContractJSON.encode(chunk)) == chunk)
        }
        try checkWire(
            last[1],
            #"{"choices":[],"created":5,"id":"i","model":"m","object":"chat.completion.chunk","#
                + #""usage":{"completion_tokens":2,"prompt_tokens":1,"total_tokens":3}}"#)
    }

    @Test("Answers of other servers are read, whatever else they hold")
    func foreign() throws {
        let text =
            #"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"x","model":"m","#
            + #""system_fingerprint":"b1","object":"chat.completion.chunk","timings":{"a":1}}"#
        #expect(try ContractJSON.decode(ChatCompletionChunk.self, text: text).choices.first?.delta.role == .assistant)
        let whole =
            #"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","#
            + #""message":{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]},"logprobs":{"content":[]}}],"usage":"#
            + #"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{}}}"#
        let answer = try ContractJSON.decode(ChatCompletion.self, text: whole)
        #expect(answer.choices.first?.finishReason == .toolCalls)
        #expect(answer.choices.first?.message.toolCalls?[0]?["id"] == "c")
    }

    @Test("Completions, embeddings, models")
    func others() throws {
        try checkWire(
            Completion(
                id: "cmpl-1", created: 5, model: "m", choices: [.init(text: "t", finishReason: .length)],
                usage: Usage(promptTokens: 1, completionTokens: 1)),
            #"{"choices":[{"finish_reason":"length","index":0,"logprobs":null,"text":"t"}],"created":5,"id":"cmpl-1","model":"m","#
                + #""object":"text_completion","usage":{"completion_tokens":1,"prompt_tokens":1,"total_tokens":2}}"#)
        try checkWire(
            EmbeddingList(
                data: [
                    Embedding(index: 0, embedding: EmbeddingVector([0.5, -1], base64: false)),
                    Embedding(index: 1, embedding: EmbeddingVector([0.5, -1], base64: true)),
                ], model: "m", usage: Usage(promptTokens: 4)),
            #"{"data":[{"embedding":[0.5,-1],"index":0,"object":"embedding"},{"embedding":"AAAAPwAAgL8=","index":1,"object":"embedding"}],"#
                + #""model":"m","object":"list","usage":{"prompt_tokens":4,"total_tokens":4}}"#)
        try checkWire(
            OpenAIModelList(data: [OpenAIModel(id: "builtin", created: 0)]),
            #"{"data":[{"created":0,"id":"builtin","object":"model","owned_by":"rbee"}],"object":"list"}"#)
    }

    @Test("Errors have all four fields")
    func errors() throws {
        #expect(
            try ContractJSON.encodeText(OpenAIError.server("boom"))
                == #"{"error":{"code":null,"message":"boom","param":null,"type":"server_error"}}"#)
        let error = OpenAIError.modelNotFound("x")
        #expect(error.status == 404)
        let back = try ContractJSON.decode(OpenAIError.self, from: ContractJSON.encode(error))
        #expect(back.code == "model_not_found" && back.param == "model" && back.message == error.message)
        let foreign = try ContractJSON.decode(
            OpenAIError.self, text: #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#)
        #expect(foreign.message == "Loading model" && foreign.code == nil)
    }

    @Test("Ids")
    func ids() {
        let ids = Set((0..<1000).map { _ in OpenAIID.new("chatcmpl-") })
        #expect(ids.count == 1000)
        #expect(ids.allSatisfy { $0.hasPrefix("chatcmpl-") && $0.utf8.count == 33 })
    }
}
