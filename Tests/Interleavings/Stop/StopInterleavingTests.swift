import Testing

@testable import DaemonLifecycle

/// Every dialogue of a stop ends, within its budget, and tells the truth.
struct StopInterleavingTests {
    @Test(arguments: [StopLadder.graceful(), .signals(), StopLadder.graceful().requests])
    func everyAnswer(_ ladder: StopLadder) {
        expectLaws("stop, any answer", StopAnswers(ladder: ladder))
    }

    @Test(arguments: [("graceful", StopLadder.graceful()), ("signals", .signals())])
    func aTreeThatForksAndIgnores(_ name: String, _ ladder: StopLadder) {
        expectLaws("stop, \(name)", StopWorld(.init(ladder: ladder, births: 8)))
        expectLaws("stop, \(name), stuck", StopWorld(.init(ladder: ladder, births: 3, stuck: 2)))
    }

    @Test func stopsAtTheSameTimeAllEnd() {
        expectLaws("two stops", StopWorld(.init(stops: 2, births: 1)))
        expectLaws("three stops", StopWorld(.init(ladder: .signals(), stops: 3, births: 0)))
    }

    @Test func whatIsWrongIsFoundOut() {
        expectBroken("longer than its budget", "patience anew for each repetition", StopWorld(.init(births: 8), .patienceAnew))
        expectBroken("something lives", "a tree that is looked at once", StopWorld(.init(), .looksOnce))
    }
}
