import DaemonRuntime
import Testing

/// Idleness, leases and the drain of one daemon, in every order: nothing ends what is used, every request is served or refused, and
/// whatever hangs, the end comes.
struct LifetimeInterleavingTests {
    private static let ends: [DrainMachine.Event] = [.requested(cascade: true, grace: nil), .signal(15), .displaced]
    private static let hardEnds: [DrainMachine.Event] = [.requested(cascade: true, grace: 1), .signal(15), .failed(code: 70)]

    @Test func everyEvent() {
        expectLaws("drain, any event", DrainEvents())
    }

    @Test func workAndIdleness() {
        expectLaws("daemon, work", DaemonWorld(.init(clients: 3, horizon: 9)))
        expectLaws("daemon, a TTL that changes", DaemonWorld(.init(ttls: [0, 1, 3], works: false, pings: true, looks: true)))
        expectLaws("daemon, work and looks", DaemonWorld(.init(ttls: [0, 2], pings: true, looks: true)))
    }

    @Test func leases() {
        expectLaws("daemon, leases", DaemonWorld(.init(horizon: 8, leases: true)))
        expectLaws("daemon, leases of three", DaemonWorld(.init(clients: 3, horizon: 5, works: false, leases: true)))
    }

    @Test func drains() {
        expectLaws("daemon, ends", DaemonWorld(.init(horizon: 4, ends: Self.ends)))
        expectLaws("daemon, leases and ends", DaemonWorld(.init(horizon: 2, works: false, leases: true, ends: Self.ends)))
        expectLaws("daemon, hangs", DaemonWorld(.init(clients: 3, horizon: 4, ends: Self.hardEnds, hangs: true)))
    }

    @Test func aTimerThatComesEarlyEndsNoDrainAndLosesNone() {
        expectLaws("daemon, early timers", DaemonWorld(.init(horizon: 4, ends: Self.hardEnds, hangs: true, comesEarly: true)))
    }

    @Test func whatIsWrongIsFoundOut() {
        expectBroken("taken by a daemon that is ending", "expiry in two steps", DaemonWorld(.init(), .expiresInTwoSteps))
        expectBroken("while it is used", "requests count at their beginning", DaemonWorld(.init(), .countsTheBeginning))
        expectBroken("not used for its whole TTL", "looking renews", DaemonWorld(.init(looks: true), .lookingRenews))
        expectBroken("nobody will notice", "a timer that is not set again", DaemonWorld(.init(), .forgetsTheTimer))
        expectBroken(
            "all its deadlines", "a drain without a deadline",
            DaemonWorld(.init(horizon: 2, ends: Self.hardEnds, hangs: true), .waitsForEver))
        expectBroken("under a request", "a drain that forgets its requests", DaemonWorld(.init(ends: Self.ends), .forgetsRequests))
    }
}
