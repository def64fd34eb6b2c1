import Testing

/// The explorer itself: it sees everything, finds the shortest way, and knows who is stranded.
struct ExplorerTests {
    /// A counter that may be raised by one or two, up to a limit.
    private struct Counter: Model {
        var limit = 10
        var forbidden: Int?
        /// Nothing happens any more once this was reached.
        var trap: Int?
        var beginnings: [Int] { [0] }
        func steps(from state: Int) -> [Int] { state == trap ? [] : [1, 2].filter { state + $0 <= limit } }
        func take(_ step: Int, in state: inout Int) -> String? {
            state += step
            return state == forbidden ? "\(state) is forbidden" : nil
        }
        func isEnd(_ state: Int) -> Bool { state == limit }
        func describe(_ step: Int, from state: Int) -> String { "\(state) + \(step)" }
    }

    /// Two rooms without a door between them: the end is in the first one only.
    private struct Rooms: Model {
        var beginnings: [Int] { [0] }
        func steps(from state: Int) -> [Int] { [[1, 2], [], [3], [2]][state] }
        func take(_ step: Int, in state: inout Int) -> String? {
            state = step
            return nil
        }
        func isEnd(_ state: Int) -> Bool { state == 1 }
        func describe(_ step: Int, from state: Int) -> String { "to \(step)" }
    }

    @Test func everyStateIsSeenOnce() {
        let exploration = Exploration(Counter())
        #expect(exploration.states == 11)
        #expect(exploration.transitions == 19)
        #expect(exploration.counterexample == nil)
    }

    @Test func theShortestWayIsFound() {
        let found = Exploration(Counter(forbidden: 7)).counterexample
        #expect(found?.law == "7 is forbidden")
        #expect(found?.trail.count == 5, "the beginning and four steps")
    }

    @Test func whoCannotGoOnIsSeen() {
        #expect(Exploration(Counter(trap: 5)).counterexample?.law.contains("still waits") == true)
    }

    @Test func whoCanOnlyGoRoundInCirclesIsSeen() {
        let found = Exploration(Rooms()).counterexample
        #expect(found?.law.contains("stranded") == true)
        #expect(found?.trail.last == "to 2")
    }

    @Test func anExplorationThatIsCutShortIsNoProof() {
        #expect(Exploration(Counter(limit: 100), limit: 50).counterexample != nil)
    }

    @Test func aSeedWalksTheSameWayAgain() {
        let first = Schedules(Counter(limit: 50, forbidden: 31), count: 100, length: 100)
        #expect(first.seed != nil)
        let again = Schedules(Counter(limit: 50, forbidden: 31), count: 1, from: first.seed ?? 0, length: 100)
        #expect(again.counterexample?.trail == first.counterexample?.trail)
        #expect(Schedules(Counter(limit: 50), count: 100, length: 100).ended == 100)
    }
}
