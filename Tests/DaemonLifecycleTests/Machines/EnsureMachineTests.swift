import Testing

@testable import DaemonLifecycle

/// The ensure protocol as dialogues: what is found, what is done.
struct EnsureMachineTests {
    static let old = Holder(nonce: "old", pid: 10)
    static let failed = FailedStart(nonce: "old", end: .exited(1), output: "boom")

    static func answer(_ nonce: String, pid: Int32, _ phase: Answer.Phase, ours: Bool = false, version: String = "1") -> Answer {
        Answer(nonce: nonce, pid: pid, phase: phase, version: version, buildID: "b", isOurLaunch: ours)
    }

    @Test func freeLaunchesAndConfirms() {
        var machine = EnsureMachine(wish: EnsureWish())
        #expect(machine.handle(.begin) == .look)
        #expect(machine.handle(.foundFree(failedStart: nil)) == .launch)
        #expect(machine.handle(.launched(pid: 7)) == .awaitChild(pid: 7, upTo: PollSchedule.slowCeiling))
        #expect(machine.handle(.saidReady) == .confirm(pid: 7))
        let answer = Self.answer("new", pid: 7, .ready, ours: true)
        #expect(machine.handle(.answered(answer)) == .finish(.started(answer)))
    }

    @Test func runningIsAdoptedAfterItAnswered() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        #expect(machine.handle(.foundHeld(Self.old, failedStart: nil)) == .ask(Self.old))
        let answer = Self.answer("old", pid: 10, .ready)
        #expect(machine.handle(.answered(answer)) == .finish(.alreadyRunning(answer)))
    }

    @Test func startingHolderIsWaitedFor() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        #expect(machine.handle(.silent(.unwritten)) == .wait(Self.old, upTo: .milliseconds(2)))
        #expect(machine.handle(.pollDue) == .look)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        // What it writes next ends the wait.
        #expect(machine.handle(.silent(.starting)) == .wait(Self.old, upTo: PollSchedule.slowCeiling))
        #expect(machine.handle(.pollDue) == .look)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        let answer = Self.answer("old", pid: 10, .ready)
        #expect(machine.handle(.answered(answer)) == .finish(.alreadyRunning(answer)))
    }

    @Test func aFailureThatWasWaitedForIsSharedAndNotRepeated() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        _ = machine.handle(.silent(.starting))
        #expect(machine.handle(.holderEnded) == .look)
        #expect(machine.handle(.foundFree(failedStart: Self.failed)) == .finish(.failed(.startFailed(Self.failed))))
    }

    @Test func aFailureAfterALostRaceIsShared() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundFree(failedStart: nil))
        #expect(machine.handle(.launchLost) == .look)
        #expect(machine.handle(.foundFree(failedStart: Self.failed)) == .finish(.failed(.startFailed(Self.failed))))
    }

    @Test func racesThatAreLostToNobodyEndWithTheBudget() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        for _ in 0..<100 {
            #expect(machine.handle(.foundFree(failedStart: nil)) == .launch)
            #expect(machine.handle(.launchLost) == .look)
        }
        #expect(machine.handle(.foundFree(failedStart: nil)) == .launch)
        #expect(machine.handle(.deadlineReached) == .finish(.failed(.outrun)))
    }

    @Test func aFailureFromBeforeIsHistory() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        #expect(machine.handle(.foundFree(failedStart: Self.failed)) == .launch)
        _ = machine.handle(.launchLost)
        #expect(machine.handle(.foundFree(failedStart: Self.failed)) == .launch)
    }

    @Test func aFailureRecordedBeforeAHolderIsHistoryToo() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Holder(nonce: "draining", pid: 9), failedStart: Self.failed))
        _ = machine.handle(.silent(.draining))
        _ = machine.handle(.holderEnded)
        #expect(machine.handle(.foundFree(failedStart: Self.failed)) == .launch)
    }

    @Test func drainingHolderIsWaitedForThenReplaced() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        _ = machine.handle(.answered(Self.answer("old", pid: 10, .draining)))
        #expect(machine.handle(.holderEnded) == .look)
        #expect(machine.handle(.foundFree(failedStart: nil)) == .launch)
    }

    @Test func readyMeansAnsweredSoonOrNot() {
        var machine = EnsureMachine(wish: EnsureWish(silencesAllowed: 2))
        _ = machine.handle(.begin)
        _ = machine.handle(.foundFree(failedStart: nil))
        _ = machine.handle(.launched(pid: 20))
        for _ in 0..<5 {
            #expect(machine.handle(.pollDue) == .confirm(pid: 20))
            guard case .awaitChild = machine.handle(.silent(.starting)) else { Issue.record("silence is expected before ready"); return }
        }
        #expect(machine.handle(.saidReady) == .confirm(pid: 20))
        _ = machine.handle(.silent(.starting))
        #expect(machine.handle(.pollDue) == .confirm(pid: 20))
        #expect(machine.handle(.silent(.starting)) == .stopChild(pid: 20))
        #expect(machine.handle(.stopped) == .finish(.failed(.silentThoughReady(pid: 20))))
    }

    /// A socket that is gone refuses at once; its owner looks after it once a second.
    @Test func busyIsNotDeadHoweverFastItRefuses() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        var waited = Duration.zero
        var action = machine.handle(.foundHeld(Self.old, failedStart: nil))
        while case .ask = action {
            action = machine.handle(.silent(.ready))
            guard case .wait(_, let delay) = action else { break }
            waited += delay
            _ = machine.handle(.pollDue)
            action = machine.handle(.foundHeld(Self.old, failedStart: nil))
        }
        #expect(action == .finish(.failed(.holderSilent(Self.old))))
        #expect(waited >= .milliseconds(1500))
    }

    @Test func silentHolderIsAnErrorThatNamesItAndNeverALaunch() {
        var machine = EnsureMachine(wish: EnsureWish(silencesAllowed: 2))
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        _ = machine.handle(.silent(.ready))
        _ = machine.handle(.pollDue)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        #expect(machine.handle(.silent(.ready)) == .finish(.failed(.holderSilent(Self.old))))
    }

    @Test func anotherNonceIsLookedAtTwiceThenForeign() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        #expect(machine.handle(.answered(Self.answer("else", pid: 10, .ready))) == .look)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        #expect(machine.handle(.answered(Self.answer("else", pid: 10, .ready))) == .finish(.failed(.foreignAnswer(Self.old))))
    }

    @Test func anotherVersionIsReplacedOnlyOnRequest() {
        var machine = EnsureMachine(wish: EnsureWish(version: "2"))
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        #expect(machine.handle(.answered(Self.answer("old", pid: 10, .ready))) == .stopHolder(Self.old))
        #expect(machine.handle(.stopped) == .look)
        #expect(machine.handle(.foundFree(failedStart: nil)) == .launch)
    }

    @Test func aChildThatDiesIsAnErrorAtOnce() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundFree(failedStart: nil))
        _ = machine.handle(.launched(pid: 7))
        let end = FailedStart(nonce: "new", end: .exited(3), output: "no")
        #expect(machine.handle(.childEnded(end)) == .stopChild(pid: 7), "what it has left is ended first")
        #expect(machine.handle(.stopped) == .finish(.failed(.startFailed(end))))
    }

    @Test func aChildThatIsNotReadyInTimeIsStoppedBeforeTheErrorReturns() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundFree(failedStart: nil))
        _ = machine.handle(.launched(pid: 7))
        #expect(machine.handle(.deadlineReached) == .stopChild(pid: 7))
        #expect(machine.handle(.stopped) == .finish(.failed(.notReadyInTime(pid: 7))))
    }

    @Test func whoeverOnlyWaitedStopsNothing() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundHeld(Self.old, failedStart: nil))
        _ = machine.handle(.silent(.starting))
        #expect(machine.handle(.deadlineReached) == .finish(.failed(.holderNotReady(Self.old))))
    }

    @Test func readyByAnotherProcessIsNotOurs() {
        var machine = EnsureMachine(wish: EnsureWish())
        _ = machine.handle(.begin)
        _ = machine.handle(.foundFree(failedStart: nil))
        _ = machine.handle(.launched(pid: 7))
        _ = machine.handle(.saidReady)
        #expect(machine.handle(.answered(Self.answer("else", pid: 8, .ready))) == .stopChild(pid: 7))
        #expect(machine.handle(.stopped) == .finish(.failed(.answeredByAnother(pid: 7, other: 8))))
    }

    @Test func findingOnlyNeverLaunches() {
        var machine = EnsureMachine(wish: EnsureWish(mayLaunch: false))
        _ = machine.handle(.begin)
        #expect(machine.handle(.foundFree(failedStart: nil)) == .finish(.failed(.notRunning)))
    }

    @Test func pollsDoubleThenRest() {
        var schedule = PollSchedule()
        #expect((0..<6).map { _ in schedule.next() } == [2, 4, 8, 16, 20, 20].map { .milliseconds($0) })
        for _ in 0..<300 { _ = schedule.next() }
        #expect(schedule.next() == .milliseconds(250))
    }
}
