import Testing

@testable import DaemonLifecycle

struct RestartMachineTests {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    @Test func theFirstEndIsAnsweredAtOnceThenPausesDouble() {
        var machine = RestartMachine(policy: .init(jitter: 0, startsAllowed: 100))
        #expect(machine.handle(.wanted, now: 0, random: 0) == .start)
        #expect(machine.handle(.ended(reason: "x"), now: 0, random: 0) == .start)
        var pauses: [UInt64] = []
        var now: UInt64 = 0
        for _ in 0..<12 {
            guard case .setTimer(let at) = machine.handle(.ended(reason: "x"), now: now, random: 0) else {
                Issue.record("no pause")
                return
            }
            pauses.append((at - now) / Self.millisecond)
            now = at
            #expect(machine.handle(.timerDue, now: now, random: 0) == .start)
        }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000])
    }

    @Test func pausesAreSpread() {
        for (random, expected) in [(-1.0, 80), (1.0, 120), (0.0, 100), (5.0, 120)] {
            var machine = RestartMachine()
            _ = machine.handle(.wanted, now: 0, random: 0)
            _ = machine.handle(.ended(reason: "x"), now: 0, random: 0)
            #expect(machine.handle(.ended(reason: "x"), now: 0, random: random) == .setTimer(at: UInt64(expected) * Self.millisecond))
        }
    }

    @Test func tooManyStartsInTheWindowFailUntilSomebodyAsks() {
        var machine = RestartMachine()
        _ = machine.handle(.wanted, now: 0, random: 0)
        var now: UInt64 = 0
        var starts = 1
        loop: while true {
            switch machine.handle(.ended(reason: "x"), now: now, random: 0) {
            case .start: starts += 1
            case .setTimer(let at):
                now = at
                #expect(machine.handle(.timerDue, now: now, random: 0) == .start)
                starts += 1
            case .giveUp(let reason):
                #expect(reason == "x")
                break loop
            case nil: Issue.record("nothing to do after an end")
            }
        }
        #expect(starts == 5)
        #expect(machine.handle(.timerDue, now: now, random: 0) == nil)
        #expect(machine.handle(.wanted, now: now, random: 0) == .start)
    }

    @Test func aMinuteOfHealthForgetsThePast() {
        var machine = RestartMachine(policy: .init(jitter: 0))
        _ = machine.handle(.wanted, now: 0, random: 0)
        _ = machine.handle(.ended(reason: "x"), now: 0, random: 0)
        _ = machine.handle(.started, now: 0, random: 0)
        #expect(machine.handle(.ended(reason: "x"), now: 61 * Self.second, random: 0) == .start)
        _ = machine.handle(.started, now: 61 * Self.second, random: 0)
        #expect(
            machine.handle(.ended(reason: "x"), now: 62 * Self.second, random: 0)
                == .setTimer(at: 62 * Self.second + 100 * Self.millisecond))
    }

    @Test func aStopOnPurposeStartsNothing() {
        var machine = RestartMachine()
        _ = machine.handle(.wanted, now: 0, random: 0)
        _ = machine.handle(.started, now: 0, random: 0)
        #expect(machine.handle(.stoppedOnPurpose, now: 1, random: 0) == nil)
        #expect(machine.handle(.ended(reason: "late"), now: 2, random: 0) == nil)
        #expect(machine.state == .stopped)
    }

    @Test func aTimerThatComesEarlyIsSetAgain() {
        var machine = RestartMachine(policy: .init(jitter: 0))
        _ = machine.handle(.wanted, now: 0, random: 0)
        _ = machine.handle(.ended(reason: "x"), now: 0, random: 0)
        _ = machine.handle(.ended(reason: "x"), now: 0, random: 0)
        #expect(machine.handle(.timerDue, now: 1, random: 0) == .setTimer(at: 100 * Self.millisecond))
    }
}
