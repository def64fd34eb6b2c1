import Testing

@testable import DaemonLifecycle

@Suite("Program machine") struct ProgramMachineTests {
    private typealias Machine = ProgramMachine
    private static let second: UInt64 = 1_000_000_000

    /// A machine with its own clock.
    private struct Course {
        var machine: ProgramMachine
        var now: UInt64 = 0

        init(_ restart: ProgramSpecification.Restart = .always) {
            machine = ProgramMachine(restart: restart)
        }

        mutating func handle(_ event: ProgramMachine.Event) -> ProgramMachine.Action? {
            machine.handle(event, now: now, random: 0)
        }

        /// Serving as life 1.
        static func ready(_ restart: ProgramSpecification.Restart = .always) -> Course {
            var course = Course(restart)
            #expect(course.handle(.wanted) == .launch(life: 1))
            #expect(course.handle(.launched(life: 1)) == .awaitReadiness(life: 1))
            #expect(course.handle(.ready(life: 1)) == nil)
            #expect(course.machine.state == .ready)
            return course
        }
    }

    @Test func aCrashIsAnsweredAtOnceAndTheNextAfterAPause() {
        var course = Course.ready()
        #expect(course.handle(.ended(life: 1, .signalled(9))) == .launch(life: 2))
        #expect(course.machine.restarts == 1 && course.machine.reason == "was ended by signal 9" && course.machine.state == .starting)
        _ = course.handle(.launched(life: 2))
        _ = course.handle(.ready(life: 2))
        #expect(course.handle(.ended(life: 2, .exited(0))) == .setTimer(at: Self.second / 10))
        #expect(course.machine.state == .backoff)
        course.now = Self.second / 10
        #expect(course.handle(.timerDue) == .launch(life: 3))
        #expect(course.machine.restarts == 2)
    }

    @Test func onFailureLeavesDownWhatHasEndedWell() {
        var course = Course.ready(.onFailure)
        #expect(course.handle(.ended(life: 1, .exited(0))) == nil)
        #expect(course.machine.state == .stopped && course.machine.reason == "exited with status 0")
        course = .ready(.onFailure)
        #expect(course.handle(.ended(life: 1, .exited(1))) == .launch(life: 2))
    }

    @Test func oneThatExitsBeforeItIsReadyHasFailedWhateverItsStatus() {
        var course = Course(.onFailure)
        _ = course.handle(.wanted)
        _ = course.handle(.launched(life: 1))
        #expect(course.handle(.ended(life: 1, .exited(0), saying: "no port")) == .launch(life: 2))
        #expect(course.machine.reason == "exited with status 0 before it was ready: no port")
    }

    @Test(arguments: [0, 100 * 86_400 * second]) func neverIsNever(later: UInt64) {
        var course = Course.ready(.never)
        course.now += later
        #expect(course.handle(.ended(life: 1, .signalled(11))) == nil)
        #expect(course.machine.state == .failed)
        #expect(course.handle(.wanted) == .launch(life: 2))
        #expect(course.machine.restarts == 0)
    }

    @Test func anotherRuleCountsFromThenOn() {
        var course = Course.ready(.never)
        course.machine.mode = .always
        #expect(course.handle(.ended(life: 1, .exited(0))) == .launch(life: 2))
        _ = course.handle(.launched(life: 2))
        _ = course.handle(.ready(life: 2))
        course.machine.mode = .never
        #expect(course.handle(.ended(life: 2, .exited(0))) == nil && course.machine.state == .stopped)
    }

    @Test func tooManyStartsAreGivenUpAndBegunAnewWhenAsked() {
        var course = Course()
        var action = course.handle(.wanted)
        for life in 1...5 {
            #expect(action == .launch(life: life))
            action = course.handle(.refused(life: life, reason: "no such file"))
            if case .setTimer(let at)? = action {
                course.now = at
                action = course.handle(.timerDue)
            }
        }
        #expect(action == nil && course.machine.state == .failed && course.machine.reason == "no such file")
        #expect(course.handle(.wanted) == .launch(life: 6))
        #expect(course.machine.restarts == 0 && course.machine.reason == nil)
    }

    @Test func aLongHealthyLifeClearsThePast() {
        var course = Course.ready()
        _ = course.handle(.ended(life: 1, .signalled(9)))
        _ = course.handle(.launched(life: 2))
        _ = course.handle(.ready(life: 2))
        course.now += 61 * Self.second
        #expect(course.handle(.ended(life: 2, .signalled(9))) == .launch(life: 3))
        #expect(course.machine.restarts == 1)
    }

    @Test func aStopDuringALaunchWaitsForSomebodyToEnd() {
        var course = Course()
        _ = course.handle(.wanted)
        #expect(course.handle(.stopped) == nil && course.machine.state == .ending)
        #expect(course.handle(.launched(life: 1)) == .end(life: 1))
        #expect(course.handle(.ready(life: 1)) == nil && course.machine.state == .ending)
        #expect(course.handle(.ended(life: 1, .signalled(15))) == nil)
        #expect(course.machine.state == .stopped && course.machine.reason == nil)
    }

    @Test func aStopDuringALaunchThatFailsIsDone() {
        var course = Course()
        _ = course.handle(.wanted)
        _ = course.handle(.stopped)
        #expect(course.handle(.refused(life: 1, reason: "")) == nil && course.machine.state == .stopped)
    }

    @Test func aStopEndsAPauseAndAGivenUpOne() {
        var course = Course.ready()
        _ = course.handle(.ended(life: 1, .signalled(9)))
        guard case .setTimer? = course.handle(.refused(life: 2, reason: "x")) else {
            Issue.record("no pause")
            return
        }
        #expect(course.handle(.stopped) == nil && course.machine.state == .stopped)
        course.now = 60 * Self.second
        // The timer of the pause comes late.
        #expect(course.handle(.timerDue) == nil && course.machine.state == .stopped)
    }

    @Test func aWishDuringAStopBeginsTheNextLifeAfterIt() {
        var course = Course.ready()
        #expect(course.handle(.stopped) == .end(life: 1))
        #expect(course.handle(.wanted) == nil && course.machine.state == .ending)
        #expect(course.handle(.ended(life: 1, .exited(0))) == .launch(life: 2))
        #expect(course.machine.restarts == 0)
    }

    @Test func theLastWishCounts() {
        var course = Course.ready()
        #expect(course.handle(.restarted) == .end(life: 1))
        #expect(course.handle(.stopped) == nil)
        #expect(course.handle(.ended(life: 1, .exited(0))) == nil && course.machine.state == .stopped)
        #expect(course.handle(.restarted) == .launch(life: 2))
    }

    @Test func aRestartIsNoFailure() {
        var course = Course.ready()
        for life in 1...20 {
            #expect(course.handle(.restarted) == .end(life: life))
            #expect(course.handle(.ended(life: life, .signalled(15))) == .launch(life: life + 1))
            _ = course.handle(.launched(life: life + 1))
            _ = course.handle(.ready(life: life + 1))
        }
        #expect(course.machine.restarts == 0 && course.machine.state == .ready)
    }

    @Test func oneThatIsLateIsEndedAndCountsAsAFailure() {
        var course = Course()
        _ = course.handle(.wanted)
        _ = course.handle(.launched(life: 1))
        #expect(course.handle(.late(life: 1)) == .end(life: 1))
        #expect(course.handle(.ended(life: 1, .signalled(15))) == .launch(life: 2))
        #expect(course.machine.reason == "was not ready within its time")
        var ready = Course.ready()
        #expect(ready.handle(.late(life: 1)) == nil && ready.machine.state == .ready)
    }

    @Test func whatIsFoundRunningIsKept() {
        var course = Course()
        #expect(course.handle(.adopted(isReady: true)) == nil && course.machine.state == .ready && course.machine.number == 1)
        #expect(course.handle(.ended(life: 1, .signalled(9))) == .launch(life: 2))
        var starting = Course()
        #expect(starting.handle(.adopted(isReady: false)) == .awaitReadiness(life: 1))
        #expect(starting.handle(.ready(life: 1)) == nil && starting.machine.state == .ready)
        #expect(starting.handle(.adopted(isReady: true)) == nil && starting.machine.number == 1)
    }

    /// Every state meets every event of an earlier life and of its own.
    @Test func newsOfAnEarlierLifeChangeNothing() {
        var second = Course.ready()
        _ = second.handle(.ended(life: 1, .signalled(9)))
        var courses: [Course] = [Course(), second]
        _ = second.handle(.launched(life: 2))
        courses.append(second)
        _ = second.handle(.ready(life: 2))
        courses.append(second)
        _ = second.handle(.stopped)
        courses.append(second)
        let old: [Machine.Event] = [
            .launched(life: 1), .refused(life: 1, reason: "old"), .ready(life: 1), .late(life: 1), .ended(life: 1, .exited(0)),
        ]
        for course in courses where course.machine.number != 1 {
            for event in old {
                var told = course
                #expect(told.handle(event) == nil && told.machine == course.machine, "\(event) in \(course.machine.life)")
            }
        }
    }
}
