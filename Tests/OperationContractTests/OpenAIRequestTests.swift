import DaemonContract
import OperationContract
import Testing

@Suite("OpenAI requests")
struct OpenAIRequestTests {
    private func chat(_ extra: String) throws(OpenAIError) -> ChatCompletionRequest {
        try ChatCompletionRequest.read(#"{"model":"m","messages":[{"role":"user","content":"hi"}]\#(extra)}"#.utf8)
    }

    @Test("The least request, and one with everything")
    func chat() throws {
        #expect(try chat("") == ChatCompletionRequest(model: "m", messages: [ChatMessage(role: .user, text: "hi")]))
        let full = try chat(
            #","stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"max_completion_tokens":7,"temperature":0.5,"top_p":1,"n":1,"#
                + #""stop":["a","b"],"seed":-3,"presence_penalty":-2,"frequency_penalty":2,"user":"u","tools":[{"x":1}],"logit_bias":{},"later":null"#
        )
        #expect(full.isStreaming && full.includesUsage)
        #expect(
            full.sampling
                == SamplingOptions(
                    maxTokens: 7, temperature: 0.5, topP: 1, seed: -3, stop: ["a", "b"], presencePenalty: -2, frequencyPenalty: 2))
        #expect(full.user == "u")
    }

    @Test("Null is the same as absent")
    func null() throws {
        let nulls = try chat(
            #","stream":null,"stream_options":null,"max_tokens":null,"temperature":null,"top_p":null,"n":null,"stop":null,"seed":null"#)
        #expect(try nulls == chat(""))
    }

    @Test("Stop is a string or an array, content a string, parts or null")
    func shapes() throws {
        #expect(try chat(#","stop":"x""#).stop == ["x"])
        let parts =
            #"[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"b"}]"#
        let json =
            #"{"model":"m","messages":[{"role":"user","content":\#(parts)},{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]},"#
            + #"{"role":"tool","content":"r","tool_call_id":"c"}]}"#
        let request = try ChatCompletionRequest.read(json.utf8)
        #expect(request.messages.map(\.text) == ["ab", "", "r"])
        #expect(request.messages[0].content?.otherKind == "image_url")
        #expect(request.messages[1].content == nil)
        #expect(request.messages[1].toolCalls?[0]?["id"]?.stringValue == "c")
        // Written as it came.
        let again = try ContractJSON.decode(ChatCompletionRequest.self, from: ContractJSON.encode(request))
        #expect(again == request)
    }

    @Test(
        "Values outside their range, by parameter and code",
        arguments: [
            (#","temperature":2.01"#, "temperature", "decimal_above_max_value"),
            (#","temperature":-0.1"#, "temperature", "decimal_below_min_value"),
            (#","top_p":1.1"#, "top_p", "decimal_above_max_value"), (#","top_p":-1"#, "top_p", "decimal_below_min_value"),
            (#","max_tokens":0"#, "max_tokens", "integer_below_min_value"),
            (#","max_completion_tokens":0"#, "max_completion_tokens", "integer_below_min_value"),
            (#","max_completion_tokens":5,"max_tokens":-1"#, "max_tokens", "integer_below_min_value"),
            (#","max_tokens":99999999"#, "max_tokens", "integer_above_max_value"), (#","n":2"#, "n", "integer_above_max_value"),
            (#","n":0"#, "n", "integer_below_min_value"), (#","stop":["a","b","c","d","e"]"#, "stop", "array_above_max_length"),
            (#","stop":"""#, "stop", "invalid_value"), (#","presence_penalty":2.5"#, "presence_penalty", "decimal_above_max_value"),
            (#","frequency_penalty":-3"#, "frequency_penalty", "decimal_below_min_value"),
            (#","stream_options":{"include_usage":true}"#, "stream_options", "invalid_value"),
            (#","temperature":"hot""#, "temperature", "invalid_value"),
            (#","max_tokens":1.5"#, "max_tokens", "invalid_value"), (#","stream":"yes""#, "stream", "invalid_value"),
            (#","max_tokens":99999999999999999999"#, "max_tokens", "invalid_value"), (#","stop":[1]"#, "stop[0]", "invalid_value"),
        ])
    func ranges(extra: String, param: String, code: String) {
        #expect {
            try chat(extra)
        } throws: {
            guard let error = $0 as? OpenAIError else { return false }
            return error.status == 400 && error.type == "invalid_request_error" && error.param == param && error.code == code
                && error.message.contains(param)
        }
    }

    @Test(
        "Bounds themselves are fine",
        arguments: [#","temperature":0,"top_p":0"#, #","temperature":2,"top_p":1,"max_tokens":1"#, #","stop":[]"#])
    func bounds(extra: String) {
        #expect(throws: Never.self) { try chat(extra) }
    }

    @Test(
        "Requests that are none",
        arguments: [
            ("{", nil, nil), ("[]", nil, nil), ("", nil, nil), ("{}", "model", "missing_required_parameter"),
            (#"{"model":"m"}"#, "messages", "missing_required_parameter"), (#"{"model":"m","messages":[]}"#, "messages", "empty_array"),
            (#"{"model":"","messages":[{"role":"user","content":"a"}]}"#, "model", "invalid_value"),
            (#"{"model":"m","messages":[{"role":"king","content":"a"}]}"#, "messages[0].role", "invalid_value"),
            (#"{"model":"m","messages":[{"content":"a"}]}"#, "messages[0].role", "missing_required_parameter"),
            (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content", "invalid_value"),
            (#"{"model":"m","messages":[{"role":"user","content":7}]}"#, "messages[0].content", "invalid_value"),
            (#"{"model":"m","messages":"hi"}"#, "messages", "invalid_value"),
        ] as [(String, String?, String?)])
    func malformed(json: String, param: String?, code: String?) {
        #expect {
            try ChatCompletionRequest.read(json.utf8)
        } throws: {
            guard let error = $0 as? OpenAIError else { return false }
            return error.status == 400 && error.param == param && error.code == code
        }
    }

    @Test("Limits can be set")
    func limits() {
        let limits = RequestLimits(maxTokens: 10, maxPromptBytes: 3, maxMessages: 1)
        let long = ChatCompletionRequest(model: "m", messages: [ChatMessage(role: .user, text: "long")])
        let two = ChatCompletionRequest(model: "m", messages: [ChatMessage(role: .user, text: "a"), ChatMessage(role: .user, text: "b")])
        let many = ChatCompletionRequest(model: "m", messages: [ChatMessage(role: .user, text: "a")], maxTokens: 11)
        for (request, param) in [(long, "messages[0].content"), (two, "messages"), (many, "max_tokens")] {
            #expect {
                try request.validate(limits)
            } throws: {
                ($0 as? OpenAIError)?.param == param
            }
        }
    }

    @Test("Completions")
    func completions() throws {
        let request = try CompletionRequest.read(#"{"model":"m","prompt":"once","echo":true,"logprobs":null,"best_of":1}"#.utf8)
        #expect(request.prompt.texts == ["once"])
        #expect(request.sampling.maxTokens == 16)
        #expect(try CompletionRequest.read(#"{"model":"m","prompt":["once"]}"#.utf8).prompt.texts == ["once"])
        for (json, param) in [
            (#"{"model":"m"}"#, "prompt"), (#"{"model":"m","prompt":["a","b"]}"#, "prompt"), (#"{"model":"m","prompt":[1,2]}"#, "prompt"),
            (#"{"model":"m","prompt":""}"#, "prompt"), (#"{"model":"m","prompt":[]}"#, "prompt"),
            (#"{"model":"m","prompt":"a","n":3}"#, "n"),
        ] {
            #expect {
                try CompletionRequest.read(json.utf8)
            } throws: {
                ($0 as? OpenAIError)?.param == param
            }
        }
    }

    @Test("Embeddings")
    func embeddings() throws {
        let request = try EmbeddingRequest.read(#"{"model":"m","input":["a","b"],"encoding_format":"base64"}"#.utf8)
        #expect(request.input.texts == ["a", "b"])
        #expect(request.wantsBase64)
        for (json, param) in [
            (#"{"model":"m"}"#, "input"), (#"{"model":"m","input":[]}"#, "input"), (#"{"model":"m","input":["a",""]}"#, "input[1]"),
            (#"{"model":"m","input":"a","encoding_format":"int8"}"#, "encoding_format"),
            (#"{"model":"m","input":"a","dimensions":0}"#, "dimensions"),
        ] {
            #expect {
                try EmbeddingRequest.read(json.utf8)
            } throws: {
                ($0 as? OpenAIError)?.param == param
            }
        }
    }
}
