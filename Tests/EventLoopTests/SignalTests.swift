import EventLoop
import Glibc
import Testing

/// Real-time signals that nothing else in the test process uses.
@Suite struct SignalTests {
    @Test func `every arrival is told to every watch, until it is cancelled`() async throws {
        let signal: Int32 = 40
        let first = try EventLoop(name: "first")
        let second = try EventLoop(name: "second")
        let ends = (0..<3).map { _ in ResumeOnce<Void, Never>() }
        let told = (first: Shared(0), second: Shared(0))
        let one = try first.onSignal(signal) {
            told.first.value += 1
            ends[0].resume(with: .success(()))
        }
        let two = try second.onSignal(signal) {
            told.second.value += 1
            ends[told.second.value].resume(with: .success(()))
        }
        kill(getpid(), signal)
        await ends[0].value()
        await ends[1].value()
        one.cancel()
        kill(getpid(), signal)
        await ends[2].value()
        #expect(told.first.value == 1)
        #expect(told.second.value == 2)
        two.cancel()
        var now = sigaction()
        sigaction(signal, nil, &now)
        #expect(now.__sigaction_handler.sa_handler == nil)
        first.stop()
        second.stop()
    }

    @Test func `two arrivals in one turn are two calls`() async throws {
        let loop = try EventLoop(name: "test")
        let count = Shared(0)
        let done = ResumeOnce<Void, Never>()
        let watch = try loop.onSignal(41) {
            count.value += 1
            if count.value == 2 { done.resume(with: .success(())) }
        }
        loop.execute {
            raise(41)
            raise(41)
        }
        await done.value()
        watch.cancel()
        loop.stop()
    }

    @Test func `cancelling twice does not end somebody else's watch`() async throws {
        let loop = try EventLoop(name: "test")
        let first = try loop.onSignal(42) {}
        first.cancel()
        let arrived = ResumeOnce<Void, Never>()
        let second = try loop.onSignal(42) { arrived.resume(with: .success(())) }
        first.cancel()
        kill(getpid(), 42)
        await arrived.value()
        second.cancel()
        loop.stop()
    }
}
