import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Platform
import Testing

/// Clocks that step: the monotonic clock and the one since boot are other ones in another time namespace, and a process that is seen from there
/// has another start time.
@Suite(.enabled(if: TestHome.canRun("/usr/bin/unshare", "-T", "--monotonic", "864000", "--boottime", "864000"), "no time namespaces here"))
struct ClockSteps {
    private static let later = ["/usr/bin/unshare", "-T", "--monotonic", "864000", "--boottime", "864000"]

    @Test("a daemon is found, asked, and not started again from a place whose clocks are ten days ahead; and it is stopped from there")
    func fromAnotherClock() async throws {
        try await TestHome.with { home in
            try await home.lifecycle(owner: "keeper").ensure()
            let line = try #require(try home.holder())
            let outcome = try await home.shell(
                """
                set -e
                $0/rbee-keeper status worker/one --json
                $0/rbee-keeper ping worker/one
                $0/rbee-keeper worker start one --model builtin
                """, under: Self.later)
            #expect(outcome.exit == 0 && outcome.output.contains("\"state\":\"ready\""), "\(outcome.output) \(outcome.errors)")
            #expect(try home.holder() == line, "there is one, and it is the same")
            let stop = try await home.shell("$0/rbee-keeper worker stop one --json", under: Self.later)
            #expect(stop.exit == 0 && stop.output.contains("\"was_running\":true"), "\(stop.output) \(stop.errors)")
            #expect(try home.holder() == nil && home.processes().isEmpty)
        }
    }

    @Test("a daemon that was started there is found, served and stopped from here")
    func toAnotherClock() async throws {
        try await TestHome.with { home in
            let start = try await home.shell("$0/rbee-keeper worker start one --model builtin --ttl 1h", under: Self.later)
            #expect(start.exit == 0, "\(start.errors)")
            let line = try #require(try home.holder())
            let daemon = try home.daemon(.worker, "one")
            #expect(try await daemon.status().state == .ready)
            #expect(try await daemon.find() != nil)
            #expect(try await daemon.info().nonce == line.nonce.text)
            #expect(try await daemon.stop().wasRunning)
            #expect(try home.holder() == nil && home.processes().isEmpty)
        }
    }
}
