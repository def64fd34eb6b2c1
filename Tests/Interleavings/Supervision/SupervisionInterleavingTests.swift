import Testing

@testable import DaemonLifecycle

struct SupervisionInterleavingTests {
    @Test func restarts() {
        expectLaws("restarts", RestartWorld())
        let second: UInt64 = 1_000_000_000
        expectLaws(
            "restarts, real numbers",
            RestartWorld(.init(), ticks: [second / 20, second, 20 * second, 70 * second], horizon: 2000 * second),
            schedules: 4000, length: 200)
    }

    @Test func whatIsWrongIsFoundOut() {
        expectBroken("a second time", "restarts without a pause", RestartWorld(.neverPauses))
        expectBroken("after", "a past that is never forgotten", RestartWorld(.neverForgives))
        expectBroken("nobody wants it", "restarts of what was stopped", RestartWorld(.restartsWhatWasStopped))
        expectBroken("nobody will start it", "early timers that are lost", RestartWorld(.losesEarlyTimers))
    }
}

extension RestartWorld {
    init(_ wrong: Wrong) { self.init(Self.small, wrong) }
}
