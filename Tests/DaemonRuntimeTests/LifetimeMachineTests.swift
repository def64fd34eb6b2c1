import DaemonRuntime
import Testing

@Suite struct LifetimeMachineTests {
    private typealias Event = LifetimeMachine.Event

    private static let second: UInt64 = 1_000_000_000

    private func at(_ seconds: UInt64) -> Monotonic { Monotonic(nanoseconds: seconds * Self.second) }

    private func machine(ttl seconds: UInt64) -> LifetimeMachine {
        LifetimeMachine(ttl: seconds * Self.second, now: at(100))
    }

    @Test func expiresWhenIdleForItsWholeTTL() {
        var machine = machine(ttl: 10)
        #expect(machine.deadline == at(110))
        #expect(machine.handle(.deadlineReached, at: at(109)) == .accepted)
        #expect(machine.state == .alive)
        #expect(machine.handle(.deadlineReached, at: at(110)) == .expired)
        #expect(machine.state == .ended)
        #expect(machine.deadline == nil)
        #expect(machine.handle(.workBegan, at: at(110)) == .refused(.ending), "deciding and refusing are one step")
    }

    @Test func aTTLOfZeroNeverExpires() {
        var machine = machine(ttl: 0)
        #expect(machine.deadline == nil)
        #expect(machine.handle(.deadlineReached, at: Monotonic(nanoseconds: .max)) == .accepted)
        #expect(machine.state == .alive)
    }

    @Test func anEndlessTTLDoesNotOverflow() {
        var machine = LifetimeMachine(ttl: .max, now: at(100))
        #expect(machine.deadline == Monotonic(nanoseconds: .max))
        #expect(machine.handle(.pinged, at: at(200)) == .accepted)
        #expect(machine.deadline == Monotonic(nanoseconds: .max))
    }

    @Test func workKeepsItAndItsEndRenews() {
        var machine = machine(ttl: 10)
        #expect(machine.handle(.workBegan, at: at(105)) == .accepted)
        #expect(machine.handle(.workBegan, at: at(106)) == .accepted)
        #expect(machine.deadline == nil)
        #expect(machine.handle(.deadlineReached, at: at(500)) == .accepted, "nothing expires while a request is in flight")
        #expect(machine.lastUsed(at: at(500)) == at(500))
        #expect(machine.handle(.workEnded, at: at(510)) == .accepted)
        #expect(machine.deadline == nil)
        #expect(machine.handle(.workEnded, at: at(520)) == .accepted)
        #expect(machine.deadline == at(530))
        #expect(machine.lastUsed(at: at(525)) == at(520))
        #expect(machine.handle(.deadlineReached, at: at(530)) == .expired)
    }

    @Test func aPingRenews() {
        var machine = machine(ttl: 10)
        #expect(machine.handle(.pinged, at: at(109)) == .accepted)
        #expect(machine.deadline == at(119))
        #expect(machine.handle(.deadlineReached, at: at(110)) == .accepted, "a timer set before is late")
    }

    @Test func aLeaseKeepsItUntilItEndsAndCountsAsUseUpToThen() {
        var machine = machine(ttl: 10)
        let lease = HeldLease(id: "l", holder: "h", duration: 60 * Self.second, term: .until(at(161)))
        #expect(machine.handle(.leaseTaken(id: "l", holder: "h", duration: 60 * Self.second), at: at(101)) == .lease(lease))
        #expect(machine.leases(at: at(150)) == [lease])
        #expect(machine.deadline == at(171))
        #expect(machine.handle(.deadlineReached, at: at(165)) == .accepted)
        #expect(machine.leases(at: at(165)).isEmpty)
        #expect(machine.deadline == at(171))
        #expect(machine.lastUsed(at: at(165)) == at(161))
        #expect(machine.handle(.deadlineReached, at: at(171)) == .expired)
    }

    @Test func aLeaseIsRenewedWithItsOwnOrAnotherDuration() {
        var machine = machine(ttl: 10)
        _ = machine.handle(.leaseTaken(id: "l", holder: "h", duration: 60 * Self.second), at: at(100))
        #expect(
            machine.handle(.leaseRenewed(id: "l", duration: nil), at: at(150))
                == .lease(HeldLease(id: "l", holder: "h", duration: 60 * Self.second, term: .until(at(210)))))
        #expect(
            machine.handle(.leaseRenewed(id: "l", duration: 5 * Self.second), at: at(151))
                == .lease(HeldLease(id: "l", holder: "h", duration: 5 * Self.second, term: .until(at(156)))))
        #expect(machine.handle(.leaseRenewed(id: "l", duration: nil), at: at(156)) == .refused(.unknownLease))
        #expect(machine.deadline == at(166))
    }

    @Test func aReleasedLeaseRenewsOnceMore() {
        var machine = machine(ttl: 10)
        _ = machine.handle(.leaseTaken(id: "l", holder: "h", duration: 60 * Self.second), at: at(100))
        #expect(machine.handle(.leaseReleased(id: "l"), at: at(120)) == .accepted)
        #expect(machine.handle(.leaseReleased(id: "l"), at: at(121)) == .refused(.unknownLease))
        #expect(machine.deadline == at(130))
    }

    @Test func aLeaseOnAConnectionLastsAsLongAsTheConnection() {
        var machine = machine(ttl: 10)
        let lease = HeldLease(id: "a", holder: "h", duration: 0, term: .connection(7))
        #expect(machine.handle(.leaseHeld(id: "a", holder: "h", connection: 7), at: at(101)) == .lease(lease))
        _ = machine.handle(.leaseHeld(id: "b", holder: "h", connection: 7), at: at(102))
        _ = machine.handle(.leaseHeld(id: "c", holder: "h", connection: 8), at: at(103))
        #expect(machine.leases(at: at(5000)).map(\.id) == ["a", "b", "c"])
        #expect(machine.deadline == nil)
        #expect(machine.handle(.deadlineReached, at: at(5000)) == .accepted)
        #expect(machine.handle(.leaseRenewed(id: "a", duration: Self.second), at: at(5001)) == .lease(lease))
        #expect(machine.handle(.connectionClosed(9), at: at(5002)) == .accepted)
        #expect(machine.handle(.connectionClosed(7), at: at(5003)) == .accepted)
        #expect(machine.leases(at: at(5003)).map(\.id) == ["c"])
        #expect(machine.deadline == nil)
        #expect(machine.handle(.connectionClosed(8), at: at(5004)) == .accepted)
        #expect(machine.deadline == at(5014))
    }

    @Test func useElsewhereRenewsButNeverFromTheFuture() {
        var machine = machine(ttl: 10)
        #expect(machine.handle(.usedElsewhere(at: at(103)), at: at(105)) == .accepted)
        #expect(machine.deadline == at(113))
        #expect(machine.handle(.usedElsewhere(at: at(50)), at: at(106)) == .accepted)
        #expect(machine.deadline == at(113))
        #expect(machine.handle(.usedElsewhere(at: at(900)), at: at(107)) == .accepted)
        #expect(machine.deadline == at(117))
    }

    @Test func theTTLCanBeSet() {
        var machine = machine(ttl: 10)
        #expect(machine.handle(.ttlSet(100 * Self.second), at: at(105)) == .accepted)
        #expect(machine.deadline == at(205))
        #expect(machine.handle(.ttlSet(0), at: at(106)) == .accepted)
        #expect(machine.deadline == nil)
        #expect(machine.remaining(at: at(107)) == nil)
    }

    @Test func timeNeverRunsBackwards() {
        var machine = machine(ttl: 10)
        _ = machine.handle(.pinged, at: at(120))
        _ = machine.handle(.pinged, at: at(110))
        #expect(machine.deadline == at(130))
    }

    @Test func leasesAreBounded() {
        var limits = LifetimeMachine.Limits()
        limits.leases = 2
        limits.holder = 4
        limits.duration = 60 * Self.second
        var machine = LifetimeMachine(ttl: 0, now: at(0), limits: limits)
        let minute = 60 * Self.second
        #expect(machine.handle(.leaseTaken(id: "a", holder: "", duration: minute), at: at(1)) == .refused(.badHolder))
        #expect(machine.handle(.leaseTaken(id: "a", holder: "12345", duration: minute), at: at(1)) == .refused(.badHolder))
        #expect(machine.handle(.leaseTaken(id: "a", holder: "h", duration: 0), at: at(1)) == .refused(.badDuration))
        #expect(machine.handle(.leaseTaken(id: "a", holder: "h", duration: minute + 1), at: at(1)) == .refused(.badDuration))
        _ = machine.handle(.leaseTaken(id: "a", holder: "1234", duration: minute), at: at(1))
        _ = machine.handle(.leaseHeld(id: "b", holder: "1234", connection: 1), at: at(1))
        #expect(machine.handle(.leaseTaken(id: "c", holder: "h", duration: minute), at: at(2)) == .refused(.tooManyLeases))
        #expect(machine.handle(.leaseHeld(id: "c", holder: "h", connection: 1), at: at(2)) == .refused(.tooManyLeases))
        #expect(machine.handle(.leaseRenewed(id: "a", duration: minute + 1), at: at(2)) == .refused(.badDuration))
        #expect(machine.handle(.leaseHeld(id: "c", holder: "h", connection: 1), at: at(61)) != .refused(.tooManyLeases))
    }

    /// Every event in every state: what it comes to, and the state after it.
    @Test func everyEventInEveryState() {
        let events: [(Event, alive: LifetimeMachine.Outcome, ended: LifetimeMachine.Outcome)] = [
            (.workBegan, .accepted, .refused(.ending)),
            (.workEnded, .accepted, .accepted),
            (.pinged, .accepted, .refused(.ending)),
            (.usedElsewhere(at: at(101)), .accepted, .accepted),
            (
                .leaseTaken(id: "n", holder: "h", duration: 1),
                .lease(HeldLease(id: "n", holder: "h", duration: 1, term: .until(Monotonic(nanoseconds: 101 * Self.second + 1)))),
                .refused(.ending)
            ),
            (
                .leaseHeld(id: "n", holder: "h", connection: 1),
                .lease(HeldLease(id: "n", holder: "h", duration: 0, term: .connection(1))), .refused(.ending)
            ),
            (
                .leaseRenewed(id: "held", duration: 1), .lease(HeldLease(id: "held", holder: "h", duration: 0, term: .connection(1))),
                .refused(.ending)
            ),
            (.leaseRenewed(id: "none", duration: 1), .refused(.unknownLease), .refused(.ending)),
            (.leaseReleased(id: "held"), .accepted, .accepted),
            (.leaseReleased(id: "none"), .refused(.unknownLease), .refused(.unknownLease)),
            (.connectionClosed(1), .accepted, .accepted),
            (.ttlSet(1), .accepted, .refused(.ending)),
            (.deadlineReached, .accepted, .accepted),
            (.drained, .accepted, .accepted),
        ]
        for (event, alive, ended) in events {
            var machine = machine(ttl: 1000)
            _ = machine.handle(.workBegan, at: at(100))
            _ = machine.handle(.leaseHeld(id: "held", holder: "h", connection: 1), at: at(100))
            var drained = machine
            #expect(machine.handle(event, at: at(101)) == alive, "\(event) while alive")
            #expect(machine.state == (event == .drained ? .ended : .alive))
            #expect(machine.lastUsed(at: at(101)) == at(101))

            #expect(drained.handle(.drained, at: at(100)) == .accepted)
            #expect(drained.handle(event, at: at(101)) == ended, "\(event) when ended")
            #expect(drained.state == .ended)
            #expect(drained.deadline == nil)
        }
    }
}
