import DaemonHarness
import DaemonLifecycle
import Glibc
import Testing

@testable import rbee_chaos

/// What daemons made again is counted by daemon, whichever of their logs says so.
struct RestorationsTests {
    @Test func whatWasMadeAgainIsSeen() throws {
        var template = Array("/tmp/rbee-chaos-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let logs = ChaosFile.text(template.dropLast().map { UInt8(bitPattern: $0) })
        defer { ChaosFile.removeTree(logs) }
        let line = Array(#"{"message":"Lock or socket was missing and was made again."}"#.utf8) + [10]
        #expect(Restorations(logs: logs).since(Restorations(logs: "\(logs)/none")) == [], "there is no log yet")
        ChaosFile.write("\(logs)/worker-w-1.log", line)
        let before = Restorations(logs: logs)
        #expect(before.since(before) == [])
        ChaosFile.write("\(logs)/worker-w-1.log.1", line)
        ChaosFile.write("\(logs)/queen-default.log", line)
        #expect(Restorations(logs: logs).since(before) == ["queen-default, 1 times", "worker-w-1, 1 times"])
    }

    /// A daemon says it in these words.
    @Test func aDaemonWhoseLockIsTakenAwayIsSeen() async throws {
        try await TestHome.with { home in
            _ = try await home.lifecycle().ensure()
            let before = Restorations(logs: "\(home.path)/logs")
            home.remove(file: "run/worker/one.lock")
            _ = try await eventually("the daemon tells of it") {
                Restorations(logs: "\(home.path)/logs").since(before).isEmpty ? nil : true
            }
        }
    }
}
