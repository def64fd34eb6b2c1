import Testing

@testable import DaemonRuntime

@Suite struct HeartbeatScheduleTests {
    @Test func theFirstIsDueAtOnceThenAtIntervals() {
        var schedule = HeartbeatSchedule(at: .seconds(5), interval: .seconds(30))
        #expect(schedule.delay(at: .seconds(5)) == .zero)
        schedule.began(at: .seconds(5))
        #expect(schedule.delay(at: .seconds(6)) == nil)
        schedule.ended(at: .seconds(7))
        #expect(schedule.delay(at: .seconds(7)) == .seconds(28))
        #expect(schedule.delay(at: .seconds(50)) == .zero)
    }

    @Test func aChangeIsToldSoon() {
        var schedule = HeartbeatSchedule(at: .zero, interval: .seconds(30))
        schedule.began(at: .zero)
        schedule.ended(at: .milliseconds(1))
        schedule.changed(at: .seconds(10))
        #expect(schedule.delay(at: .seconds(10)) == .zero)
    }

    @Test func changesThatFollowEachOtherAreOneHeartbeat() {
        var schedule = HeartbeatSchedule(at: .zero, interval: .seconds(30))
        schedule.began(at: .zero)
        schedule.changed(at: .milliseconds(2))
        schedule.changed(at: .milliseconds(3))
        #expect(schedule.delay(at: .milliseconds(3)) == nil)
        schedule.ended(at: .milliseconds(10))
        #expect(schedule.delay(at: .milliseconds(10)) == .milliseconds(90))
        schedule.changed(at: .milliseconds(50))
        #expect(schedule.delay(at: .milliseconds(50)) == .milliseconds(50))
        schedule.began(at: .milliseconds(100))
        schedule.ended(at: .milliseconds(101))
        #expect(schedule.delay(at: .milliseconds(101)) == .milliseconds(29_999))
    }

    @Test func aSlowAnswerDoesNotPileUp() {
        var schedule = HeartbeatSchedule(at: .zero, interval: .seconds(30))
        schedule.began(at: .zero)
        schedule.ended(at: .seconds(45))
        #expect(schedule.delay(at: .seconds(45)) == .zero)
        schedule.began(at: .seconds(45))
        schedule.ended(at: .seconds(46))
        schedule.ended(at: .seconds(47))
        #expect(schedule.delay(at: .seconds(47)) == .seconds(28))
    }

    @Test func whoDoesNotListenIsAskedAgainSoonAndThenLessOften() {
        var schedule = HeartbeatSchedule(at: .zero, interval: .seconds(10))
        var now: Duration = .zero
        var pauses: [Duration?] = []
        for _ in 0..<6 {
            schedule.began(at: now)
            schedule.ended(at: now, taken: false)
            pauses.append(schedule.delay(at: now))
            now += pauses.last.flatMap { $0 } ?? .zero
        }
        #expect(pauses == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), .seconds(10)])
        schedule.began(at: now)
        schedule.ended(at: now)
        #expect(schedule.delay(at: now) == .seconds(10))
    }

    @Test func aChangeIsToldToWhoeverDidNotListenTheLastTime() {
        var schedule = HeartbeatSchedule(at: .zero, interval: .seconds(30))
        schedule.began(at: .zero)
        schedule.changed(at: .milliseconds(1))
        schedule.ended(at: .milliseconds(2), taken: false)
        #expect(schedule.delay(at: .milliseconds(2)) == .milliseconds(998))
        schedule.changed(at: .milliseconds(500))
        #expect(schedule.delay(at: .milliseconds(500)) == .zero)
    }
}
