import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import Testing

/// Law 2: a daemon runs if and only if its lock is held, and asking disturbs nobody.
struct Law02HeldIsAlive {
    @Test func askingAboutWhatNeverRanCreatesNothing() async throws {
        try await TestHome.with { home in
            for kind in [DaemonKind.queen, .hive, .worker] {
                let daemon = try home.daemon(kind, kind == .worker ? "nobody" : nil)
                #expect(try await daemon.status().state == .stopped)
            }
            #expect(try await home.running().isEmpty)
            #expect(access("\(home.path)/run", F_OK) != 0, "asking made a run directory")
        }
    }
}
