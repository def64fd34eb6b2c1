import Testing

/// Whoever waits is answered once: with a connection, with what was handed over, with the end; or gives up by himself.
struct WaiterInterleavingTests {
    @Test func whoWaitsForAConnection() {
        expectLaws("pool, two connections", PoolWorld())
        expectLaws("pool, one connection", PoolWorld(.init(limit: 1, idleLimit: 1)))
        expectLaws("pool, one idle", PoolWorld(.init(idleLimit: 1)))
        expectBroken("nothing is under way", "waiting beside idle connections", PoolWorld(.init(), .freshWaitsBesideIdle))
        expectBroken("lost count", "places that are not given back", PoolWorld(.init(), .keepsThePlace))
        expectBroken("lost count", "connections for those who are gone", PoolWorld(.init(), .servesTheGone))
    }

    @Test func whoReadsAJobAndWhoWaitsForItsEnd() {
        expectLaws("job", JobWorld(isForReaders: false))
        expectLaws("job, for its readers", JobWorld())
        expectBroken("sleeps beside news", "readers that do not look again", JobWorld(.sleepsWithoutLooking))
        expectBroken("sleeps beside news", "an end that wakes nobody", JobWorld(.endsInSilence))
        expectBroken("beside its reader", "jobs that are given up anyway", JobWorld(.givesUpAnyway))
        expectBroken("does not wait for a job", "jobs that are counted too late", JobWorld(.countsTooLate))
    }

    @Test func whatIsHandedOver() {
        expectLaws("mailbox", HandoverWorld(.mailbox))
        expectLaws("pipe", HandoverWorld(.pipe))
        expectBroken("in the place of", "a mailbox that loses", HandoverWorld(.mailbox, .givesUpAnyway))
        expectBroken("in the place of", "a pipe that loses", HandoverWorld(.pipe, .givesUpAnyway))
        expectBroken("in the place of", "a mailbox that repeats", HandoverWorld(.mailbox, .keepsACopy))
        expectBroken("still waits", "a producer that is never asked", HandoverWorld(.pipe, .asksForNothing))
    }
}

extension JobWorld {
    init(_ wrong: Wrong) { self.init(readers: 2, wrong) }
}
