import DaemonContract
import DaemonHarness
import HTTP
import OperationContract
import Testing

/// Bad input: the right status, an error in the shape of the path, and a queen that lives.
struct RefusalLiveTests {
    @Test func whatIsWrongWithARequestIsSaidInOpenAIsShape() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a")
            try await worker.announce(to: queen)
            let path = OpenAIPath.chatCompletions
            let unknown = try await queen.api.ask(.post, path, TestAPI.chat("nope"))
            #expect(unknown.status == 404)
            #expect(unknown.openAIError?.code == "model_not_found" && unknown.openAIError?.param == "model")
            #expect(unknown.openAIError?.type == "invalid_request_error")
            let missing = try await queen.api.ask(.post, path, #"{"messages":[]}"#)
            #expect(missing.status == 400)
            #expect(missing.openAIError?.message.hasPrefix("Missing required parameter: 'model'") == true)
            #expect(missing.openAIError?.param == "model")
            for body in ["{", "", "[]", "null", #"{"model":7}"#, #"{"model":"m""#, "\u{0}"] {
                let bad = try await queen.api.ask(.post, path, body)
                #expect(bad.status == 400, "\(body)")
                #expect(bad.openAIError?.type == "invalid_request_error", "\(body): \(bad.text)")
            }
            let method = try await queen.api.ask(.get, path)
            #expect(method.status == 405 && method.headers["Allow"]?.contains("POST") == true)
            #expect(method.openAIError?.type == "invalid_request_error")
            #expect(worker.requests.isEmpty)
            #expect(try await queen.api.chat("m").status == 200)
        }
    }

    @Test func whatIsWrongElsewhereIsSaidInOurs() async throws {
        try await Hiveless.with { queen, _ in
            let api = queen.api
            let path = try await api.ask(.get, "/v1/nothing")
            #expect(path.status == 404 && path.error?.code == "not_found")
            let method = try await api.ask(.delete, JobPath.jobs)
            #expect(method.status == 405 && method.headers["Allow"]?.contains("POST") == true)
            #expect(method.error?.code == "method_not_allowed")
            for body in ["{", "[]", #"{"operation":"make_tea"}"#, #"{"operation":"infer","model":"m"}"#, #"{"operation":7}"#] {
                let bad = try await api.ask(.post, JobPath.jobs, body)
                #expect(bad.status == 400 && bad.error != nil, "\(body): \(bad.text)")
            }
            let tea = try await api.ask(.post, JobPath.jobs, #"{"operation":"make_tea"}"#)
            #expect(tea.error?.message.contains("make_tea") == true)
            for beat in [
                "{}", #"{"worker":{},"timestamp":"now"}"#,
                #"{"worker":{"id":"","model_id":"m","device":"cpu","port":1,"status":"ready","implementation":"x","version":"1"},"timestamp":"2026-01-01T00:00:00Z"}"#,
                #"{"worker":{"id":"w","model_id":"m","device":"cpu","port":0,"status":"ready","implementation":"x","version":"1"},"timestamp":"2026-01-01T00:00:00Z"}"#,
            ] {
                let bad = try await api.ask(.post, HeartbeatPath.worker, beat)
                #expect(bad.status == 400 && bad.error != nil, "\(beat): \(bad.text)")
            }
            for path in [JobPath.job("none"), JobPath.stream("none")] {
                #expect(try await api.ask(.get, path).error?.code == "not_found")
            }
            #expect(try await api.ask(.get, DaemonPath.health).status == 200)
        }
    }

    @Test func whatIsTooLargeIsRefusedAtOnce() async throws {
        try await Hiveless.with(environment: ["RBEE_HTTP_BODY_BYTES": "4096"]) { queen, _ in
            let large = TestAPI.chat("m", String(repeating: "x", count: 5000))
            let refused = try await queen.api.ask(.post, OpenAIPath.chatCompletions, large)
            #expect(refused.status == 413)
            #expect(refused.openAIError?.type == "invalid_request_error")
            #expect(try await queen.api.ask(.post, JobPath.jobs, large).status == 413)
            #expect(try await queen.api.ask(.get, DaemonPath.health).status == 200)
        }
    }

    @Test func withoutAHiveTheErrorNamesTheCommand() async throws {
        try await Hiveless.with { queen, _ in
            // Configured, so that it could be started; but there is nobody to start it.
            let refused = try await queen.api.chat("builtin")
            #expect(refused.status == 503 && refused.openAIError?.code == "no_hive")
            #expect(refused.openAIError?.message.contains("rbee-keeper hive start") == true)
            // Asking a hive that is not there starts none.
            for operation: Operation in [.hiveCheck(HiveAlias()), .workerProcessList(HiveTarget()), .modelList(HiveTarget())] {
                #expect(try await queen.api.ending(of: operation).contains("rbee-keeper hive start"))
            }
        }
        try await TestHome.with(environment: ["RBEE_QUEEN_AUTOSTART_WORKER": "false"]) { home in
            let queen = try await home.queen()
            let refused = try await queen.api.chat("builtin")
            #expect(refused.status == 503 && refused.openAIError?.code == "no_worker")
            #expect(refused.openAIError?.message.contains("rbee-keeper worker start") == true)
            let models: OpenAIModelList = try await queen.api.get(OpenAIPath.models)
            #expect(models.data.isEmpty)
            #expect(try await home.running() == ["queen/default"])
        }
    }

    @Test func anUnknownModelStartsNothing() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen()
            let refused = try await queen.api.chat("nope")
            #expect(refused.status == 404 && refused.openAIError?.code == "model_not_found")
            #expect(try await home.running() == ["queen/default"])
        }
    }
}
