import DaemonContract
import Testing

@Suite("States and health")
struct StateTests {
    @Test("Every state comes back from its word", arguments: DaemonState.known)
    func states(state: DaemonState) throws {
        #expect(DaemonState(rawValue: state.rawValue) == state)
        #expect(try ContractJSON.encodeText(state) == "\"\(state.rawValue)\"")
        #expect(try ContractJSON.decode(DaemonState.self, from: ContractJSON.encode(state)) == state)
        #expect(!state.isServing || state.isRunning)
    }

    @Test("The words are those of the contract, and no two are the same")
    func words() {
        let words = ["stopped", "starting", "ready", "degraded", "draining", "silent", "stale", "backoff", "failed"]
        #expect(DaemonState.known.map(\.rawValue) == words)
    }

    @Test("A word of a later version is kept")
    func laterState() throws {
        let state = try ContractJSON.decode(DaemonState.self, text: "\"hibernating\"")
        #expect(state == .unknown("hibernating"))
        #expect(!state.isRunning)
        #expect(try ContractJSON.encodeText(state) == "\"hibernating\"")
    }

    @Test(
        "Health on the wire",
        arguments: [
            (.healthy, #"{"status":"healthy"}"#, true), (.degraded(reason: "one gpu"), #"{"reason":"one gpu","status":"degraded"}"#, true),
            (.unhealthy(reason: "starting"), #"{"reason":"starting","status":"unhealthy"}"#, false),
            (.unknown(status: "resting", reason: nil), #"{"status":"resting"}"#, true),
        ] as [(HealthStatus, String, Bool)])
    func health(status: HealthStatus, json: String, operational: Bool) throws {
        #expect(try ContractJSON.encodeText(status) == json)
        #expect(try ContractJSON.decode(HealthStatus.self, text: json) == status)
        #expect(status.isOperational == operational)
    }

    @Test(
        "Health without what it needs is refused",
        arguments: ["{}", #"{"status":1}"#, #"{"status":"degraded"}"#, "\"healthy\"", "[]", "ok"])
    func badHealth(json: String) {
        #expect(throws: ContractError.self) { try ContractJSON.decode(HealthStatus.self, text: json) }
    }
}
