import DaemonContract
import OperationContract
import Testing

@Suite("Operations on the wire")
struct OperationTests {
    static let all: [(Operation, String)] = [
        (.status, #"{"operation":"status"}"#),
        (.queenCheck, #"{"operation":"queen_check"}"#),
        (
            .infer(InferRequest(hiveID: "localhost", model: "m", prompt: "hi", maxTokens: 20, temperature: 0.7)),
            #"{"hive_id":"localhost","max_tokens":20,"model":"m","operation":"infer","prompt":"hi","stream":true,"temperature":0.7}"#
        ),
        (
            .infer(
                InferRequest(
                    model: "m", prompt: "", topP: 0.5, topK: 40, device: "cuda:1", workerID: "w", stream: false)),
            #"{"device":"cuda:1","model":"m","operation":"infer","prompt":"","stream":false,"top_k":40,"top_p":0.5,"worker_id":"w"}"#
        ),
        (
            .workerSpawn(WorkerSpawnRequest(model: "org/m", worker: "cuda", device: 1)),
            #"{"device":1,"hive_id":"localhost","model":"org/m","operation":"worker_spawn","worker":"cuda"}"#
        ),
        (
            .workerSpawn(WorkerSpawnRequest(hiveID: "h", model: "m", instance: "m-1", engine: "builtin", ttlSecs: 0)),
            #"{"device":0,"engine":"builtin","hive_id":"h","instance":"m-1","model":"m","operation":"worker_spawn","ttl_secs":0,"worker":"cpu"}"#
        ),
        (.workerProcessList(HiveTarget()), #"{"hive_id":"localhost","operation":"worker_process_list"}"#),
        (.workerProcessGet(ProcessTarget(pid: 7)), #"{"hive_id":"localhost","operation":"worker_process_get","pid":7}"#),
        (.workerProcessDelete(ProcessTarget(pid: 7)), #"{"hive_id":"localhost","operation":"worker_process_delete","pid":7}"#),
        (.modelDownload(ModelDownloadRequest(model: "m")), #"{"hive_id":"localhost","model":"m","operation":"model_download"}"#),
        (.modelList(HiveTarget()), #"{"hive_id":"localhost","operation":"model_list"}"#),
        (.modelGet(ModelTarget(id: "a/b")), #"{"hive_id":"localhost","id":"a/b","operation":"model_get"}"#),
        (.modelDelete(ModelTarget(id: "a")), #"{"hive_id":"localhost","id":"a","operation":"model_delete"}"#),
        (.hiveCheck(HiveAlias()), #"{"alias":"localhost","operation":"hive_check"}"#),
        (.hiveList, #"{"operation":"hive_list"}"#),
        (.hiveGet(HiveAlias(alias: "h")), #"{"alias":"h","operation":"hive_get"}"#),
        (.hiveStatus(HiveAlias(alias: "h")), #"{"alias":"h","operation":"hive_status"}"#),
        (.hiveStart(HiveAlias(alias: "h")), #"{"alias":"h","operation":"hive_start"}"#),
        (.hiveStop(HiveAlias(alias: "h")), #"{"alias":"h","operation":"hive_stop"}"#),
        (.hiveRefreshCapabilities(HiveAlias(alias: "h")), #"{"alias":"h","operation":"hive_refresh_capabilities"}"#),
        (.activeWorkerList, #"{"operation":"active_worker_list"}"#),
        (.activeWorkerGet(WorkerTarget(workerID: "w")), #"{"operation":"active_worker_get","worker_id":"w"}"#),
        (.activeWorkerRetire(WorkerTarget(workerID: "w")), #"{"operation":"active_worker_retire","worker_id":"w"}"#),
    ]

    @Test("Every operation is written so and read back", arguments: all)
    func wire(operation: Operation, json: String) throws {
        try checkWire(operation, json)
        #expect(json.contains(#""operation":"\#(operation.name.rawValue)""#))
    }

    @Test("The list above is whole")
    func whole() {
        #expect(Set(Self.all.map(\.0.name)) == Set(OperationName.allCases))
    }

    @Test("What may be left out")
    func defaults() throws {
        #expect(try ContractJSON.decode(Operation.self, text: #"{"operation":"hive_check"}"#) == .hiveCheck(HiveAlias(alias: "localhost")))
        let infer = try ContractJSON.decode(Operation.self, text: #"{"operation":"infer","model":"m","prompt":"p","colour":1}"#)
        #expect(infer == .infer(InferRequest(model: "m", prompt: "p")))
        #expect(infer.hiveID == nil)
    }

    @Test(
        "What is refused, and where",
        arguments: [
            (#"{"operation":"make_coffee"}"#, "operation", "make_coffee"), (#"{"operation":7}"#, "operation", "string"),
            (#"{}"#, "operation", "required"), (#"{"operation":"infer","model":"m"}"#, "prompt", "required"),
            (#"{"operation":"worker_process_delete","hive_id":"h","pid":-1}"#, "pid", "-1"),
            (#"{"operation":"worker_process_get","hive_id":"h","pid":4294967296}"#, "pid", "4294967296"),
            (#"{"operation":"worker_spawn","hive_id":"h","model":"m","worker":"cpu","device":1.5}"#, "device", "1.5"),
            (#"{"operation":"model_get","hive_id":"h"}"#, "id", "required"),
        ])
    func refused(json: String, path: String, word: String) {
        #expect {
            try ContractJSON.decode(Operation.self, text: json)
        } throws: {
            guard let error = $0 as? ContractError else { return false }
            return error.path == path && error.message.contains(word)
        }
    }

    @Test("Who carries them out")
    func targets() {
        #expect(Operation.status.target == .queen)
        #expect(Operation.infer(InferRequest(model: "m", prompt: "p")).target == .queen)
        #expect(Operation.workerSpawn(WorkerSpawnRequest(model: "m")).target == .hive)
        #expect(Operation.hiveCheck(HiveAlias(alias: "far")).target == .hive)
        #expect(Operation.hiveCheck(HiveAlias(alias: "far")).hiveID == "far")
    }

    @Test("A prompt is checked before it is carried out")
    func inferValidation() {
        #expect(throws: Never.self) { try InferRequest(model: "m", prompt: "p", maxTokens: 1, temperature: 2, topP: 0, topK: 0).validate() }
        let bad: [(InferRequest, String)] = [
            (InferRequest(model: "", prompt: "p"), "model"), (InferRequest(model: "m", prompt: ""), "prompt"),
            (InferRequest(model: "m", prompt: "p", maxTokens: 0), "max_tokens"),
            (InferRequest(model: "m", prompt: "p", temperature: 2.1), "temperature"),
            (InferRequest(model: "m", prompt: "p", topP: -0.1), "top_p"), (InferRequest(model: "m", prompt: "p", topK: -1), "top_k"),
        ]
        for (request, param) in bad {
            #expect {
                try request.validate()
            } throws: {
                ($0 as? OpenAIError)?.param == param && ($0 as? OpenAIError)?.status == 400
            }
        }
        #expect(InferRequest(model: "m", prompt: "p").sampling.maxTokens == InferRequest.defaultMaxTokens)
    }
}

@Suite("Replies on the wire")
struct ReplyTests {
    @Test("Workers")
    func workers() throws {
        try checkWire(
            WorkerSpawnResponse(workerID: "m-1", port: 9001, pid: 7, status: .ready),
            #"{"pid":7,"port":9001,"status":"ready","worker_id":"m-1"}"#)
        try checkWire(
            WorkerProcessList(workers: [WorkerProcessInfo(pid: 7, workerID: "m-1", model: "m", port: 9001, status: .starting)]),
            #"{"workers":[{"model":"m","pid":7,"port":9001,"status":"starting","worker_id":"m-1"}]}"#)
        try checkWire(WorkerStopReply(workerID: "m-1", wasRunning: false), #"{"was_running":false,"worker_id":"m-1"}"#)
        try checkWire(
            InferResponse(text: "t", tokens: 3, finishReason: .length, promptTokens: 2, workerID: "w", durationMs: 5),
            #"{"done":true,"duration_ms":5,"finish_reason":"length","prompt_tokens":2,"text":"t","tokens":3,"worker_id":"w"}"#)
    }

    @Test("Status, models and checks")
    func status() throws {
        let worker = WorkerStatusRow(
            workerID: "w", model: "m", device: "cpu", port: 1, status: .busy, baseURL: "http://a:1", inFlight: 2, heartbeatAgeSecs: 1.5,
            isRecent: true)
        let hive = HiveStatusRow(
            hiveID: "localhost", hostname: "h", port: 7835, status: .ready, health: .degraded(reason: "r"), version: "0.1.0",
            baseURL: "http://h:7835", heartbeatAgeSecs: 100, isRecent: false)
        try checkWire(
            StatusReply(hives: [hive], workers: [worker]),
            #"{"hives":[{"base_url":"http://h:7835","health":{"reason":"r","status":"degraded"},"heartbeat_age_secs":100,"#
                + #""hive_id":"localhost","hostname":"h","port":7835,"recent":false,"status":"ready","version":"0.1.0"}],"#
                + #""workers":[{"base_url":"http://a:1","device":"cpu","heartbeat_age_secs":1.5,"in_flight":2,"model":"m","#
                + #""port":1,"recent":true,"status":"busy","worker_id":"w"}]}"#)
        try checkWire(
            ModelList(models: [ModelInfo(id: "builtin", name: "builtin", loaded: false)]),
            #"{"models":[{"id":"builtin","loaded":false,"name":"builtin","size_bytes":0,"status":"available"}]}"#)
        try checkWire(CheckReply(message: "here"), #"{"message":"here","status":"ok"}"#)
    }
}
