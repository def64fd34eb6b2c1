import DaemonContract
import DaemonLifecycle
import WorkerLifecycle

let worker = try WorkerLifecycle(model: "builtin", timeToLive: .seconds(60), owner: "my-service")
let handle = try await worker.ensure()  // finds it, waits for it, or starts it; returns once it has answered
print("\(handle.daemonName) at \(handle.baseURL), \(handle.shouldCleanup ? "started by us" : "was already running")")

let question = #"{"model": "builtin", "prompt": "The queen", "max_tokens": 16, "temperature": 0}"#
let answer = try await worker.send(DaemonRequest("POST", "/v1/completions", body: Array(question.utf8)))
print(answer.status, String(decoding: try await answer.bytes(), as: UTF8.self))

let lease = try await worker.lease(holder: "my-service", for: .seconds(30))  // stays, even if nobody asks
try await worker.giveBack(lease)

if let receipt = try await worker.release(handle) {  // stops it if we started it, leaves it alone otherwise
    print("stopped in \(receipt.rungs.map(\.step)), \(receipt.processes.count) processes gone")
}
