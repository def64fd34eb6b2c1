import DaemonRuntime
import Testing

@Suite struct IdlenessTests {
    private typealias Second = (requests: UInt64, resident: UInt64)

    /// At which seconds pages are given back. What is resident is given in MiB.
    private func released(_ seconds: [Second], isServing: Bool = true) -> [Int] {
        var idleness = Idleness()
        return seconds.indices.filter { index in
            idleness.isWorthReleasing(requests: seconds[index].requests, isServing: isServing) { seconds[index].resident << 20 }
        }
    }

    private func seconds(_ count: Int, _ second: Second) -> [Second] { Array(repeating: second, count: count) }

    @Test func soonAfterTheStart() {
        #expect(released(seconds(4, (0, 9))) == [0])
        #expect(released(seconds(4, (2, 9))) == [1])
        #expect(released(seconds(3, (0, 9)), isServing: false) == [])
    }

    @Test func onceForWhatEverySecondTouches() {
        #expect(released([(0, 9), (0, 3)] + seconds(100, (0, 4))) == [0])
    }

    @Test func laterAfterWorkThatWasAskedForAndAfterOurOwn() {
        let start: [Second] = [(0, 9)] + seconds(22, (0, 4))
        // Looked at every five seconds.
        #expect(released(start + seconds(8, (1, 8))) == [0, 25])
        #expect(released(start + seconds(8, (0, 8))) == [0, 25])
        // Nothing has come in.
        #expect(released(start + seconds(50, (1, 4))) == [0])
    }

    @Test func notWhileThereIsWork() {
        let busy = (1...100).map { Second(requests: UInt64($0), resident: 9) }
        #expect(released(seconds(3, (0, 4)) + busy) == [0])
    }

    @Test func noMoreOftenThanWhatIsUsedComesBack() {
        // Heartbeats every four seconds, each of which brings in what was given back.
        let beats = (0..<60).map { Second(requests: UInt64($0 / 4), resident: $0 % 4 == 0 ? 4 : 9) }
        let times = released(beats)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 10 })
    }
}
