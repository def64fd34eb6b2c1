import DaemonRuntime
import Testing

@Suite struct IdlenessTests {
    /// Whether pages are given back at each second, for requests answered until then.
    private func released(_ requests: [UInt64], isServing: Bool = true) -> [Int] {
        var idleness = Idleness()
        return requests.indices.filter { idleness.isWorthReleasing(requests: requests[$0], isServing: isServing) }
    }

    @Test func soonAfterTheStart() {
        #expect(released([0, 0, 0, 0]) == [0])
        #expect(released([2, 2, 2, 2]) == [1])
        #expect(released([0, 0, 0], isServing: false) == [])
    }

    @Test func laterAfterSomeQuietAndOnlyAfterRequests() {
        #expect(released([0, 5] + Array(repeating: 5, count: 30)) == [0, 11])
        #expect(released([0] + (1...30).map { UInt64($0) }) == [0])
        #expect(released(Array(repeating: 0, count: 100)) == [0])
    }
}
