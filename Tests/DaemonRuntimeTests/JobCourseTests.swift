import DaemonRuntime
import OperationContract
import Testing

@Suite struct JobCourseTests {
    private typealias Event = JobCourse.Event

    private func running(abandonment: UInt64? = nil) -> JobCourse {
        var course = JobCourse(abandonment: abandonment)
        #expect(course.handle(.state(.start)) == [.run])
        return course
    }

    private let stateEvents: [Event] = [.state(.start), .state(.complete), .state(.fail(message: "why")), .state(.cancel), .abandonmentDue]

    @Test func endsInExactlyOneMarker() {
        for (event, marker, state) in [
            (JobState.Event.complete, JobMarker.done, JobState.completed),
            (.fail(message: "no model"), .error("no model"), .failed(message: "no model")),
        ] {
            var course = running()
            #expect(course.handle(.state(event)) == [.end(marker)])
            for late in stateEvents {
                #expect(course.handle(late).isEmpty)
                #expect(course.state == state)
            }
        }
    }

    @Test func cancelledWhileQueuedItNeverStarts() {
        var course = JobCourse()
        #expect(course.handle(.state(.cancel)) == [.end(.cancelled)])
        #expect(course.handle(.state(.start)).isEmpty)
        #expect(course.state == .cancelled)
    }

    @Test func cancelledWhileRunningItsBodyIsCancelled() {
        var course = running()
        #expect(course.handle(.state(.cancel)) == [.cancelBody, .end(.cancelled)])
        #expect(course.handle(.state(.complete)).isEmpty)
    }

    @Test func aLongMessageIsCutAtACharacter() {
        var course = running()
        let actions = course.handle(.state(.fail(message: String(repeating: "é", count: 4000))))
        #expect(actions == [.end(.error(String(repeating: "é", count: 2048) + "…"))])
    }

    @Test func aReaderLeavingChangesNothingByItself() {
        var course = running()
        #expect(course.handle(.readerCame).isEmpty)
        #expect(course.handle(.readerLeft).isEmpty)
        #expect(course.handle(.state(.complete)) == [.end(.done)])
    }

    @Test func withoutReadersItIsGivenUpIfItSaysSo() {
        var course = running(abandonment: 10)
        #expect(course.handle(.readerCame) == [.disarmAbandonment])
        #expect(course.handle(.readerCame).isEmpty)
        #expect(course.handle(.readerLeft).isEmpty)
        #expect(course.handle(.readerLeft) == [.armAbandonment(10)])
        #expect(course.handle(.readerCame) == [.disarmAbandonment])
        #expect(course.handle(.abandonmentDue).isEmpty, "the timer fired while a reader came back")
        #expect(course.handle(.readerLeft) == [.armAbandonment(10)])
        #expect(course.handle(.abandonmentDue) == [.cancelBody, .disarmAbandonment, .end(.cancelled)])
    }

    @Test func whatHasEndedIsNotGivenUp() {
        var course = running(abandonment: 10)
        _ = course.handle(.readerCame)
        #expect(course.handle(.state(.complete)) == [.disarmAbandonment, .end(.done)])
        #expect(course.handle(.readerLeft).isEmpty)
        #expect(course.readers == 0)
    }

    /// Every event in every state: the state after it, and an end written exactly when one was reached.
    @Test func everyEventInEveryState() {
        var completed = running()
        _ = completed.handle(.state(.complete))
        var failed = running()
        _ = failed.handle(.state(.fail(message: "why")))
        var cancelled = running()
        _ = cancelled.handle(.state(.cancel))
        let table: [(JobCourse, [JobState])] = [
            (JobCourse(), [.running, .queued, .queued, .cancelled, .cancelled]),
            (running(), [.running, .completed, .failed(message: "why"), .cancelled, .cancelled]),
            (completed, Array(repeating: .completed, count: 5)),
            (failed, Array(repeating: .failed(message: "why"), count: 5)),
            (cancelled, Array(repeating: .cancelled, count: 5)),
        ]
        for (course, expected) in table {
            for (event, expected) in zip(stateEvents, expected) {
                var course = course
                let wasFinal = course.state.isFinal
                let actions = course.handle(event)
                #expect(course.state == expected, "\(event)")
                let writesEnd = actions.contains { if case .end = $0 { true } else { false } }
                #expect(writesEnd == (course.state.isFinal && !wasFinal), "\(event)")
            }
        }
    }
}
