import Testing

@testable import DaemonLifecycle

struct SubtreeTests {
    static func entry(_ pid: Int32, parent: Int32 = 1, group: Int32? = nil, session: Int32? = nil, nonce: String? = nil) -> Subtree.Entry {
        Subtree.Entry(pid: pid, parent: parent, group: group ?? pid, session: session ?? pid, startTicks: UInt64(pid), nonce: nonce)
    }

    static func pids(_ entries: [Subtree.Entry], leaderLives: Bool = true, known: Set<Int32> = [], excluded: Set<Int32> = []) -> [Int32] {
        Subtree(leader: 100, nonce: "n").members(of: entries, leaderLives: leaderLives, known: known, excluded: excluded).map(\.pid)
    }

    @Test func descendantsSessionGroupAndNonceBelong() {
        let entries = [
            Self.entry(100, nonce: "n"), Self.entry(101, parent: 100), Self.entry(102, parent: 101), Self.entry(103, session: 100),
            Self.entry(104, group: 100), Self.entry(105, nonce: "n"), Self.entry(106, parent: 105), Self.entry(200),
            Self.entry(201, parent: 200),
        ]
        #expect(Self.pids(entries) == [100, 101, 102, 103, 104, 105, 106])
    }

    @Test func anotherDaemonAndWhatItStartedDoNot() {
        let entries = [Self.entry(100, nonce: "n"), Self.entry(110, parent: 100, nonce: "m"), Self.entry(111, parent: 110, nonce: "m")]
        #expect(Self.pids(entries) == [100])
    }

    @Test func aDeadLeadersNumberSaysNothing() {
        let entries = [Self.entry(100), Self.entry(101, parent: 100), Self.entry(103, session: 100), Self.entry(105, nonce: "n")]
        #expect(Self.pids(entries, leaderLives: false) == [105])
    }

    @Test func whoWasKnownStaysKnown() {
        let entries = [Self.entry(150), Self.entry(151, parent: 150), Self.entry(160)]
        #expect(Self.pids(entries, leaderLives: false, known: [150]) == [150, 151])
    }

    @Test func whoAsksAndInitAreLeftOut() {
        let entries = [Self.entry(1, parent: 0, nonce: "n"), Self.entry(100, nonce: "n"), Self.entry(101, parent: 100)]
        #expect(Self.pids(entries, excluded: [101]) == [100])
    }

    @Test func aCycleInTheTableEnds() {
        #expect(Self.pids([Self.entry(100, parent: 101), Self.entry(101, parent: 100)]) == [100, 101])
    }
}
