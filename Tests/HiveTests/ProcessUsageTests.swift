import Glibc
import Testing

@testable import Hive

struct ProcessUsageTests {
    @Test func ourOwnUseIsSeen() throws {
        let usage = try #require(ProcessUsage.read(pid: getpid()))
        #expect(usage.residentBytes > 1 << 20)
    }

    @Test func aProcessThatIsGoneHasNone() {
        #expect(ProcessUsage.read(pid: Int32.max) == nil)
    }

    @Test func ratesAreDifferencesOverTime() {
        let before = ProcessUsage(ticks: 100, residentBytes: 0, readBytes: 0, writtenBytes: 0)
        let now = ProcessUsage(ticks: 150, residentBytes: 0, readBytes: 0, writtenBytes: 0)
        #expect(now.processorPercent(since: before, nanoseconds: 1_000_000_000) == 50)
        #expect(before.processorPercent(since: now, nanoseconds: 1_000_000_000) == 0)
        #expect(now.processorPercent(since: before, nanoseconds: 0) == 0)
        #expect(ProcessUsage.rate(3_000_000, 1_000_000, nanoseconds: 2_000_000_000) == 1)
    }
}
