import Glibc
import Testing

@testable import rbee_chaos

/// What daemons made again is counted by daemon, whichever of their logs says so.
struct RestorationsTests {
    @Test func whatWasMadeAgainIsSeen() throws {
        var template = Array("/tmp/rbee-chaos-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let root = ChaosFile.text(template.dropLast().map { UInt8(bitPattern: $0) })
        defer { ChaosFile.removeTree(root) }
        let home = try ChaosHome(0, in: root)
        let line = Array(#"{"message":"Lock or socket was missing and was made again."}"#.utf8) + [10]
        #expect(Restorations(in: home).since(Restorations(in: home)) == [], "there is no log yet")
        mkdir("\(home.path)/logs", 0o700)
        ChaosFile.write("\(home.path)/logs/worker-w-1.log", line)
        let before = Restorations(in: home)
        #expect(before.since(before) == [])
        ChaosFile.write("\(home.path)/logs/worker-w-1.log.1", line)
        ChaosFile.write("\(home.path)/logs/queen-default.log", line)
        #expect(Restorations(in: home).since(before) == ["queen-default, 1 times", "worker-w-1, 1 times"])
    }
}
