import DaemonRuntime
import Testing

@Suite struct IdlenessTests {
    private typealias Second = (requests: UInt64, faults: UInt64)

    /// At which seconds pages are given back.
    private func released(_ seconds: [Second], isServing: Bool = true) -> [Int] {
        var idleness = Idleness()
        return seconds.indices.filter {
            idleness.isWorthReleasing(requests: seconds[$0].requests, faults: seconds[$0].faults, isServing: isServing)
        }
    }

    private func seconds(_ count: Int, _ second: Second) -> [Second] { Array(repeating: second, count: count) }

    @Test func soonAfterTheStart() {
        #expect(released(seconds(4, (0, 900))) == [0])
        #expect(released(seconds(4, (2, 900))) == [1])
        #expect(released(seconds(3, (0, 900)), isServing: false) == [])
    }

    @Test func onceForWhatEverySecondTouches() {
        let quiet = [(0, 900), (0, 940)] + seconds(100, (0, 950))
        #expect(released(quiet) == [0])
    }

    @Test func laterAfterWorkThatWasAskedForAndAfterOurOwn() {
        let start: [Second] = [(0, 900), (0, 940), (0, 950)] + seconds(20, (0, 950))
        #expect(released(start + seconds(5, (1, 1050))) == [0, 25])
        #expect(released(start + seconds(5, (0, 1050))) == [0, 23])
        // As good as nothing was touched.
        #expect(released(start + seconds(50, (1, 961))) == [0])
    }

    @Test func notWhileThereIsWork() {
        let busy = (1...100).map { Second(requests: UInt64($0), faults: 950 + 100 * UInt64($0)) }
        #expect(released(seconds(3, (0, 950)) + busy) == [0])
    }

    @Test func noMoreOftenThanWhatIsUsedComesBack() {
        // Heartbeats every three seconds, each of which touches what was given back.
        let beats = (0..<60).map { Second(requests: UInt64($0 / 3), faults: 900 + 100 * UInt64($0 / 3)) }
        let times = released(beats)
        #expect(times.count >= 2)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 10 })
    }
}
