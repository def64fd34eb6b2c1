import Dispatch
import EventLoop
import Glibc
import Testing

/// Real-time signals that nothing else in the test process uses.
@Suite struct SignalTests {
    /// Calls `body` while the loop's thread waits for its end.
    private func holding<Value>(_ loop: EventLoop, _ body: () throws -> Value) rethrows -> Value {
        let (isHeld, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        loop.execute {
            isHeld.signal()
            mayGoOn.wait()
        }
        isHeld.wait()
        defer { mayGoOn.signal() }
        return try body()
    }

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

    @Test func `a signal rings for its own watches only`() async throws {
        let loop = try EventLoop(name: "test")
        let told = Shared<[Int32]>([])
        let arrived = ResumeOnce<Void, Never>()
        let other = try loop.onSignal(43) { told.value += [43] }
        let awaited = try loop.onSignal(44) {
            told.value += [44]
            arrived.resume(with: .success(()))
        }
        kill(getpid(), 44)
        await arrived.value()
        #expect(told.value == [44])
        other.cancel()
        awaited.cancel()
        loop.stop()
    }

    @Test func `a watch is told of a signal that comes as soon as it is there`() async throws {
        let loop = try EventLoop(name: "test")
        // Another one listens already, so that the descriptor is nothing new to the loop.
        let first = try loop.onSignal(45) {}
        let arrived = ResumeOnce<Void, Never>()
        let second = try holding(loop) {
            let watch = try loop.onSignal(46) { arrived.resume(with: .success(())) }
            // The loop has not looked at the new watch yet.
            kill(getpid(), 46)
            return watch
        }
        await arrived.value()
        first.cancel()
        second.cancel()
        loop.stop()
    }

    @Test func `many watches share one descriptor`() async {
        // In a process of its own, where nobody else opens descriptors.
        await #expect(processExitsWith: .success) {
            func descriptors() -> Int {
                (0..<1024).count { fcntl($0, F_GETFD) != -1 }
            }
            let loop = try EventLoop(name: "test")
            let before = descriptors()
            let watches = try (40..<48).map { try loop.onSignal($0) {} }
            // One of ours; Dispatch may open three for itself meanwhile.
            #expect(descriptors() <= before + 4)
            for watch in watches { watch.cancel() }
        }
    }
}
