import DaemonHarness
import Platform
import Testing

@testable import rbee_chaos

/// Two that serve at the same time are convicted, and one after the other is not.
struct OverlapsTests {
    private func seen(_ bystander: DaemonHarness.Bystander, _ daemon: String = "worker/w-1", inherited: Bool = true) -> SeenProcess {
        SeenProcess(
            pid: bystander.pid, parent: 1, startTicks: bystander.identity.startTicks, state: UInt8(ascii: "S"), role: .worker, home: 0,
            daemon: daemon, nonce: nil, hasInheritedLock: inherited, command: "")
    }

    @Test func twoThatLiveOnAreTwo() async throws {
        let first = try await DaemonHarness.Bystander(), second = try await DaemonHarness.Bystander()
        let overlaps = Overlaps()
        for _ in 0..<2 { overlaps.saw([seen(first), seen(second)]) }
        #expect(overlaps.takeViolations().isEmpty, "one look is none")
        overlaps.saw([seen(first), seen(second)])
        #expect(overlaps.takeViolations().map(\.law) == [.one])
        #expect(overlaps.started == 2)
        #expect(overlaps.hasSeen(first.pid, as: "worker/w-1", home: 0) && !overlaps.hasSeen(first.pid, as: "worker/w-1", home: 1))
        try first.end()
        try second.end()
    }

    @Test func oneAfterTheOtherIsOne() async throws {
        let first = try await DaemonHarness.Bystander(), second = try await DaemonHarness.Bystander()
        let overlaps = Overlaps()
        let both = [seen(first), seen(second)]
        overlaps.saw(both)
        try first.end()
        // The look may have met the first before its end, and the second after it.
        for _ in 0..<5 { overlaps.saw(both) }
        #expect(overlaps.takeViolations().isEmpty)
        try second.end()
    }

    @Test func whoseLockWasTakenAwayAndWhoIsAnotherIsExcused() async throws {
        let first = try await DaemonHarness.Bystander(), second = try await DaemonHarness.Bystander()
        let overlaps = Overlaps()
        overlaps.excuse("worker/w-1")
        for _ in 0..<5 { overlaps.saw([seen(first), seen(second)]) }
        #expect(overlaps.takeViolations().isEmpty)
        overlaps.beginStorm()
        for _ in 0..<5 { overlaps.saw([seen(first), seen(second, "worker/w-2")]) }
        for _ in 0..<5 { overlaps.saw([seen(first), seen(second, inherited: false)]) }
        #expect(overlaps.takeViolations().isEmpty)
        for _ in 0..<3 { overlaps.saw([seen(first), seen(second)]) }
        #expect(overlaps.takeViolations().count == 1, "the excuse ends with the storm")
        try first.end()
        try second.end()
    }
}
