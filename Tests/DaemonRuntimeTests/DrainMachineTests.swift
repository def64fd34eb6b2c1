import DaemonRuntime
import Testing

@Suite struct DrainMachineTests {
    private typealias Machine = DrainMachine
    private typealias Action = DrainMachine.Action
    private typealias Event = DrainMachine.Event

    private static let second: UInt64 = 1_000_000_000

    private func at(_ seconds: UInt64) -> Monotonic { Monotonic(nanoseconds: seconds * Self.second) }

    private func serving() -> Machine {
        var machine = Machine()
        #expect(machine.handle(.started, at: at(1)) == [.announceReady])
        return machine
    }

    private func beginning(_ deadline: Monotonic) -> [Action] {
        [.recordDraining, .announceStopping, .stopListening, .unlinkSockets, .refuseRequests, .armDeadline(deadline), .finishInFlight]
    }

    @Test func aShutdownDrainsInOrder() {
        var machine = serving()
        #expect(machine.handle(.requested(cascade: false, grace: 5 * Self.second), at: at(10)) == beginning(at(15)))
        #expect(machine.isDraining)
        #expect(machine.cause == .requested)
        #expect(
            machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(15)), .closeService(cascade: false, until: at(15))])
        #expect(machine.handle(.serviceClosed, at: at(12)) == [.exit(code: 0)])
        #expect(machine.state == .stopped(code: 0))
    }

    @Test func aServiceThatBreaksEndsTheDaemonWithItsCode() {
        var machine = serving()
        #expect(machine.handle(.failed(code: 70), at: at(10)) == beginning(at(12)))
        #expect(machine.cause == .failed(code: 70))
        #expect(machine.handle(.failed(code: 71), at: at(10)).isEmpty)
        #expect(
            machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(13)), .closeService(cascade: false, until: at(13))])
        #expect(machine.handle(.failed(code: 71), at: at(11)).isEmpty)
        #expect(machine.handle(.serviceClosed, at: at(12)) == [.exit(code: 70)])
    }

    @Test func graceHasADefaultAndALimit() {
        var machine = serving()
        #expect(machine.handle(.requested(cascade: true, grace: nil), at: at(10)) == beginning(at(20)))
        machine = serving()
        #expect(machine.handle(.requested(cascade: true, grace: .max), at: at(10)) == beginning(at(3610)))
        machine = serving()
        #expect(machine.handle(.requested(cascade: true, grace: 0), at: at(10)) == beginning(at(10)))
    }

    @Test func idleExpiryAndSignalsCascade() {
        for (event, cause) in [(Event.idleExpired, Machine.Cause.idle), (.signal(15), .signal(15)), (.signal(2), .signal(2))] {
            var machine = serving()
            #expect(machine.handle(event, at: at(10)) == beginning(at(20)))
            #expect(machine.cause == cause)
            #expect(
                machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(20)), .closeService(cascade: true, until: at(20))])
            #expect(machine.handle(.serviceClosed, at: at(12)) == [.exit(code: 0)])
        }
    }

    @Test func oneWhoWasDisplacedRemovesAndWritesNothing() {
        var machine = serving()
        let actions = machine.handle(.displaced, at: at(10))
        #expect(actions == [.announceStopping, .stopListening, .refuseRequests, .armDeadline(at(20)), .finishInFlight])
        #expect(machine.handle(.requested(cascade: true, grace: nil), at: at(11)).isEmpty)
        #expect(
            machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(20)), .closeService(cascade: false, until: at(20))])
    }

    @Test func requestsThatOutlastTheGraceAreAbandonedAndClosingKeepsItsTime() {
        var machine = serving()
        _ = machine.handle(.requested(cascade: true, grace: Self.second), at: at(10))
        #expect(
            machine.handle(.deadlineReached, at: Monotonic(nanoseconds: 10 * Self.second + 1)) == [.armDeadline(at(11))],
            "a timer that comes too early is set again")
        #expect(
            machine.handle(.deadlineReached, at: at(11)) == [
                .abandonInFlight, .armDeadline(at(13)), .closeService(cascade: true, until: at(13)),
            ])
        #expect(machine.handle(.inFlightFinished, at: at(12)).isEmpty)
        #expect(machine.handle(.deadlineReached, at: at(12)) == [.armDeadline(at(13))])
        #expect(machine.handle(.deadlineReached, at: at(13)) == [.exit(code: 1)], "what it owns may be left: not a success")
    }

    @Test func theFirstSignalHurriesADrainAndTheSecondEndsIt() {
        var machine = serving()
        _ = machine.handle(.requested(cascade: true, grace: nil), at: at(10))
        #expect(machine.handle(.signal(15), at: at(11)) == [.armDeadline(at(13))])
        #expect(machine.handle(.signal(15), at: at(12)) == [.exit(code: 143)])
        #expect(machine.handle(.inFlightFinished, at: at(13)).isEmpty)

        machine = serving()
        _ = machine.handle(.signal(15), at: at(10))
        #expect(machine.handle(.signal(2), at: at(10)) == [.exit(code: 130)])

        machine = serving()
        _ = machine.handle(.signal(15), at: at(10))
        _ = machine.handle(.inFlightFinished, at: at(10))
        #expect(machine.handle(.signal(15), at: at(11)) == [.exit(code: 143)])

        machine = serving()
        _ = machine.handle(.requested(cascade: true, grace: nil), at: at(10))
        _ = machine.handle(.inFlightFinished, at: at(10))
        #expect(machine.handle(.signal(15), at: at(11)) == [.armDeadline(at(13))])
        #expect(machine.handle(.signal(15), at: at(12)) == [.exit(code: 143)])
    }

    @Test func aSignalNeverLengthensADrain() {
        var machine = serving()
        _ = machine.handle(.requested(cascade: true, grace: Self.second), at: at(10))
        #expect(machine.handle(.signal(15), at: at(10)).isEmpty)
        #expect(machine.handle(.deadlineReached, at: at(11)).first == .abandonInFlight)
    }

    @Test func aSecondRequestAsksForMoreAndSoonerNeverForLess() {
        var machine = serving()
        _ = machine.handle(.requested(cascade: false, grace: 5 * Self.second), at: at(10))
        #expect(machine.handle(.requested(cascade: true, grace: 60 * Self.second), at: at(11)).isEmpty)
        #expect(machine.handle(.requested(cascade: false, grace: Self.second), at: at(11)) == [.armDeadline(at(12))])
        #expect(
            machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(13)), .closeService(cascade: true, until: at(13))])
        #expect(machine.handle(.requested(cascade: false, grace: 0), at: at(11)) == [.armDeadline(at(11))])
    }

    @Test func beingDisplacedInADrainLeavesToTheOtherWhatItOwns() {
        var machine = serving()
        _ = machine.handle(.requested(cascade: true, grace: nil), at: at(10))
        #expect(machine.handle(.displaced, at: at(11)).isEmpty)
        #expect(
            machine.handle(.inFlightFinished, at: at(11)) == [.armDeadline(at(20)), .closeService(cascade: false, until: at(20))])
    }

    @Test func aStartThatFailsExitsWithItsCode() {
        var machine = Machine()
        let actions = machine.handle(.startFailed(code: 71), at: at(10))
        #expect(!actions.contains(.recordDraining), "its record says to those who waited that it never was ready")
        #expect(actions.contains(.cancelStart) && actions.contains(.unlinkSockets))
        #expect(
            machine.handle(.inFlightFinished, at: at(10)) == [.armDeadline(at(12)), .closeService(cascade: false, until: at(12))])
        var late = machine
        #expect(machine.handle(.serviceClosed, at: at(11)) == [.exit(code: 71)])
        #expect(late.handle(.deadlineReached, at: at(12)) == [.exit(code: 71)])
    }

    @Test func aStartUnderWayIsGivenUp() {
        for event in [Event.requested(cascade: true, grace: nil), .signal(15), .idleExpired, .displaced] {
            var machine = Machine()
            #expect(machine.handle(event, at: at(10)).contains(.cancelStart), "\(event)")
            #expect(machine.handle(.started, at: at(11)).isEmpty, "a start that came up after all is not announced")
            #expect(machine.handle(.startFailed(code: 1), at: at(11)).isEmpty)
            _ = machine.handle(.inFlightFinished, at: at(11))
            #expect(machine.handle(.serviceClosed, at: at(11)) == [.exit(code: 0)])
        }
    }

    private enum Phase: Hashable { case starting, serving, finishing, closing, stopped }

    private func phase(_ state: Machine.State) -> Phase {
        switch state {
        case .starting: .starting
        case .serving: .serving
        case .finishing: .finishing
        case .closing: .closing
        case .stopped: .stopped
        }
    }

    /// Every event in every state: the phase after it, and whether anything is done.
    @Test func everyEventInEveryState() {
        var finishing = serving()
        _ = finishing.handle(.requested(cascade: true, grace: nil), at: at(10))
        var closing = finishing
        _ = closing.handle(.inFlightFinished, at: at(10))
        var stopped = closing
        _ = stopped.handle(.serviceClosed, at: at(10))
        let events: [Event] = [
            .started, .startFailed(code: 70), .failed(code: 70), .requested(cascade: true, grace: nil), .signal(15), .idleExpired,
            .displaced,
            .inFlightFinished, .serviceClosed, .deadlineReached,
        ]
        let table: [(Machine, [(Phase, acts: Bool)])] = [
            (
                Machine(),
                [
                    (.serving, true), (.finishing, true), (.finishing, true), (.finishing, true), (.finishing, true), (.finishing, true),
                    (.finishing, true), (.starting, false), (.starting, false), (.starting, false),
                ]
            ),
            (
                serving(),
                [
                    (.serving, false), (.serving, false), (.finishing, true), (.finishing, true), (.finishing, true), (.finishing, true),
                    (.finishing, true),
                    (.serving, false), (.serving, false), (.serving, false),
                ]
            ),
            (
                finishing,
                [
                    (.finishing, false), (.finishing, false), (.finishing, false), (.finishing, false), (.finishing, true),
                    (.finishing, false),
                    (.finishing, false), (.closing, true), (.finishing, false), (.closing, true),
                ]
            ),
            (
                closing,
                [
                    (.closing, false), (.closing, false), (.closing, false), (.closing, false), (.closing, true), (.closing, false),
                    (.closing, false),
                    (.closing, false), (.stopped, true), (.stopped, true),
                ]
            ),
            (stopped, Array(repeating: (.stopped, false), count: 10)),
        ]
        for (machine, expected) in table {
            for (event, expected) in zip(events, expected) {
                var machine = machine
                let before = machine.state
                // Late enough for the deadline of the drains above, so that reaching it counts.
                let actions = machine.handle(event, at: event == .deadlineReached ? at(20) : at(10))
                #expect(phase(machine.state) == expected.0, "\(event) in \(before)")
                #expect(!actions.isEmpty == expected.acts, "\(event) in \(before)")
            }
        }
    }
}
