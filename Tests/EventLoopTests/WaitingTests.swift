import EventLoop
import Glibc
import Testing

@Suite struct WaitingTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "test")
    }

    @Test func `timers fire in order of their times, never early`() async throws {
        let order = Shared<[Int]>([])
        let done = ResumeOnce<Void, Never>()
        let clock = SuspendingClock()
        let start = clock.now
        loop.schedule(after: .milliseconds(30)) {
            order.value.append(3)
            done.resume(with: .success(()))
        }
        loop.schedule(after: .milliseconds(10)) { order.value.append(2) }
        loop.schedule(after: .zero) { order.value.append(1) }
        await done.value()
        #expect(order.value == [1, 2, 3])
        #expect(clock.now - start >= .milliseconds(30))
        loop.stop()
    }

    @Test func `a timer set late in a busy turn is not early`() async throws {
        let clock = SuspendingClock()
        let elapsed = ResumeOnce<Duration, Never>()
        loop.execute { [loop] in
            let busyUntil = clock.now + .milliseconds(20)
            while clock.now < busyUntil {}
            let start = clock.now
            loop.schedule(after: .milliseconds(10)) { elapsed.resume(with: .success(clock.now - start)) }
        }
        #expect(await elapsed.value() >= .milliseconds(10))
        loop.stop()
    }

    @Test func `a cancelled timer does not fire`() async throws {
        let fired = Shared(false)
        let timer = loop.schedule(after: .milliseconds(1)) { fired.value = true }
        timer.cancel()
        timer.cancel()
        try await loop.sleep(for: .milliseconds(5))
        #expect(!fired.value)
        loop.stop()
    }

    @Test func `cancelling on the loop wins even over a timer that is already due`() async throws {
        let fired = Shared(false)
        let done = ResumeOnce<Void, Never>()
        loop.execute { [loop] in
            let first = Shared<EventLoop.Timer?>(nil)
            let second = Shared<EventLoop.Timer?>(nil)
            first.value = loop.schedule(after: .milliseconds(1)) {
                second.value?.cancel()
                loop.schedule(after: .milliseconds(1)) { done.resume(with: .success(())) }
            }
            second.value = loop.schedule(after: .milliseconds(1)) { fired.value = true }
            usleep(3000)  // keeps the loop busy until both timers are due in one turn
        }
        await done.value()
        #expect(!fired.value)
        loop.stop()
    }

    @Test func `sleep ends at once when its task is cancelled`() async throws {
        let task = Task { [loop] in try await loop.sleep(for: .seconds(3600)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        loop.stop()
    }

    @Test func `readable waits for data and for the end of file`() async throws {
        let pipe = try Pipe()
        let waiting = Task { [loop] in try await loop.readable(pipe.reader) }
        pipe.write("x")
        try await waiting.value
        #expect(pipe.read() == 1)

        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        let reader = ends[0]
        let ending = Task { [loop] in try await loop.readable(reader) }
        close(ends[1])
        try await ending.value
        close(reader)
        loop.stop()
    }

    @Test func `waiting for a descriptor ends at once when its task is cancelled`() async throws {
        let pipe = try Pipe()
        let task = Task { [loop] in try await loop.readable(pipe.reader) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        loop.stop()
    }

    @Test func `a plain file is always readable`() async throws {
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        try await loop.readable(file)
        loop.stop()
    }

    @Test func `a watch fires for each arrival, pauses, resumes and ends`() async throws {
        let pipe = try Pipe()
        let arrivals = Shared<[ResumeOnce<Void, Never>]>((0..<3).map { _ in ResumeOnce() })
        let steps = arrivals.value
        let watch = loop.watch(pipe.reader, for: .readable) {
            _ = pipe.read()
            if !arrivals.value.isEmpty {
                arrivals.value.removeFirst().resume(with: .success(()))
            }
        }
        pipe.write("1")
        await steps[0].value()
        pipe.write("2")
        await steps[1].value()
        watch.pause()
        pipe.write("3")
        try await loop.sleep(for: .milliseconds(2))
        #expect(arrivals.value.count == 1)
        watch.resume()
        await steps[2].value()
        watch.cancel()
        pipe.write("4")
        try await loop.sleep(for: .milliseconds(2))
        #expect(pipe.read() == 1)
        loop.stop()
    }

    @Test func `a watch for writing fires while there is room`() async throws {
        let pipe = try Pipe()
        try await loop.writable(pipe.writer)
        let ready = ResumeOnce<Void, Never>()
        let watch = loop.watch(pipe.writer, for: .writable) { ready.resume(with: .success(())) }
        await ready.value()
        watch.cancel()
        loop.stop()
    }
}
