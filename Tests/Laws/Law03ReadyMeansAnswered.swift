import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Testing

/// Law 3: a handle is returned only after the daemon itself has answered as itself; everything else is an error, soon, that says what happened.
struct Law03ReadyMeansAnswered {
    @Test func theHostileDaemonIsAGoodOneUnlessTold() async throws {
        try await TestHome.with { home in
            let daemon = try home.hostile(["--port", "0", "--count", "\(home.path)/starts"])
            let handle = try await daemon.ensure()
            #expect(handle.shouldCleanup && handle.baseURL.hasPrefix("http://127.0.0.1:"))
            #expect(try await daemon.status().state == .ready)
            #expect(try await daemon.ping().status == "ok")
            #expect(home.starts().count == 1)
            let receipt = try await daemon.stop()
            #expect(receipt.rungs.map(\.step) == ["shutdown"])
            #expect(home.names(in: "run/worker") == ["one.lock", "one.out"])
            #expect(home.processes().isEmpty)
        }
    }
}
