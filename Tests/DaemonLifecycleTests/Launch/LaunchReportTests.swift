import Testing

@testable import DaemonLifecycle

struct LaunchReportTests {
    static let stream = "a pid 42 9001\nb lost\nc error exec 2\na exit 3\na signal 9\n"
    static let reports: [LaunchReport] = [
        LaunchReport(id: "a", event: .started(pid: 42, startTicks: 9001)), LaunchReport(id: "b", event: .lost),
        LaunchReport(id: "c", event: .failed(stage: "exec", errno: 2)), LaunchReport(id: "a", event: .ended(.exited(3))),
        LaunchReport(id: "a", event: .ended(.signalled(9))),
    ]

    @Test func everySplitReadsTheSame() {
        let bytes = Array(Self.stream.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var reader = LaunchReportReader()
                let parts = [bytes[..<first], bytes[first..<second], bytes[second...]]
                #expect(parts.flatMap { reader.read(Array($0)) } == Self.reports)
            }
        }
    }

    @Test(arguments: [
        "", "a", "a pid", "a pid x 1", "a pid 0 1", "a pid 1 1", "a pid -5 1", "a pid 42", "a exit", "a exit x", "a lost now", "a error 2",
        "a what 1",
    ])
    func whatIsNoReportIsLeftOut(_ line: String) {
        #expect(LaunchReport(line: Substring(line)) == nil)
    }

    @Test func aLineWithoutAnEndIsBounded() {
        var reader = LaunchReportReader()
        for _ in 0..<100 { #expect(reader.read(Array(repeating: 65, count: 10_000)).isEmpty) }
        #expect(reader.read(Array("\na lost\n".utf8)) == [LaunchReport(id: "a", event: .lost)])
    }

    @Test func specificationsAreFieldsThatEndInNul() throws {
        let bytes = try LaunchSpecification.encode([
            LaunchSpecification(
                id: "1", executable: "/b/x", arguments: ["x", "a b", ""], environment: ["B": "2", "A": "1=\n"], lock: "/l", nonce: "n",
                endOfInput: .kill, isGuarded: true)
        ])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "id=1\0exe=/b/x\0nonce=n\0eof=kill\0arg=x\0arg=a b\0arg=\0env=A=1=\n\0env=B=2\0lock=/l\0guard=1\0\0end\0")
    }

    @Test func aNulIsRefused() {
        #expect(throws: LifecycleError.self) {
            try LaunchSpecification.encode([
                LaunchSpecification(id: "1", executable: "/b/x\0y", arguments: [], environment: [:], nonce: "n")
            ])
        }
    }
}
