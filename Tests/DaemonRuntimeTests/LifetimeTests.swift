import DaemonContract
import DaemonRuntime
import EventLoop
import Testing

@Suite struct LifetimeTests {
    @Test func leasesAreTakenRenewedAndReleased() throws {
        let lifetime = Lifetime(ttl: .seconds(60), loop: .shared)
        let lease = try lifetime.takeLease(holder: "keeper", duration: .seconds(30))
        #expect(lease.holder == "keeper" && lease.durationSecs == 30 && lease.expiresInSecs <= 30 && lease.expiresInSecs > 20)
        #expect(lifetime.leases.map(\.id) == [lease.id])
        #expect(lifetime.remaining.map { $0 > .seconds(80) } == true)
        #expect(try lifetime.renewLease(lease.id, duration: .seconds(5)).durationSecs == 5)
        try lifetime.releaseLease(lease.id)
        #expect(throws: LifetimeMachine.Refusal.unknownLease) { try lifetime.releaseLease(lease.id) }
        #expect(lifetime.leases.isEmpty)
    }

    @Test func aHeldLeaseGoesWithItsHold() throws {
        let lifetime = Lifetime(ttl: .seconds(60), loop: .shared)
        do {
            let (lease, hold) = try lifetime.holdLease(holder: "keeper")
            withExtendedLifetime(hold) {
                #expect(lifetime.leases.map(\.id) == [lease.id])
                #expect(lifetime.remaining == nil)
            }
        }
        #expect(lifetime.leases.isEmpty)
    }

    @Test func workEndsOnceWhetherEndedOrDropped() {
        let lifetime = Lifetime(ttl: .seconds(60), loop: .shared)
        let work = lifetime.beginWork()
        #expect(lifetime.inFlight == 1)
        work?.end()
        work?.end()
        #expect(lifetime.inFlight == 0)
        do { _ = lifetime.beginWork() }
        #expect(lifetime.inFlight == 0)
        #expect(lifetime.use())
    }
}
