import EventLoop
import Glibc
import Synchronization
import Testing

/// An actor that lives on a loop, like everything that serves.
private actor Counter {
    let loop: EventLoop
    private(set) var count = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    func add() -> Bool {
        count += 1
        return loop.isCurrent
    }

    /// Whether what was enqueued before the call ran during it.
    func wasOvertakenCalling(_ other: Counter) async -> Bool {
        let overtaken = Shared(false)
        loop.execute { overtaken.value = true }
        _ = await other.add()
        return overtaken.value
    }
}

@Suite struct ExecutorTests {
    @Test func `tasks and actors of a loop run on its thread`() async throws {
        let loop = try EventLoop(name: "test")
        #expect(!loop.isCurrent)
        let counter = Counter(loop: loop)
        #expect(await counter.add())
        let inTask = await Task(executorPreference: loop) { loop.isCurrent }.value
        #expect(inTask)
        loop.stop()
    }

    @Test func `a call between two actors of the loop does not go through its queue`() async throws {
        let loop = try EventLoop(name: "test")
        // True of tasks that prefer the loop, as every handler's does; others go through the queue, in the same turn.
        let task = Task(executorPreference: loop) {
            await Counter(loop: loop).wasOvertakenCalling(Counter(loop: loop))
        }
        #expect(await task.value == false)
        loop.stop()
    }

    @Test func `jobs from many threads all run, one at a time`() async throws {
        let loop = try EventLoop(name: "test")
        let counter = Counter(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<200 { _ = await counter.add() }
                }
            }
        }
        #expect(await counter.count == 64 * 200)
        loop.stop()
    }

    @Test func `work enqueued on the loop runs in the order it came`() async throws {
        let loop = try EventLoop(name: "test")
        let order = Shared<[Int]>([])
        let done = ResumeOnce<Void, Never>()
        loop.execute {
            for number in 0..<2000 {
                loop.execute { order.value.append(number) }
            }
            loop.execute { done.resume(with: .success(())) }
        }
        await done.value()
        #expect(order.value == Array(0..<2000))
        loop.stop()
    }

    @Test func `a task that never stops yielding starves neither timers nor descriptors`() async throws {
        let loop = try EventLoop(name: "test")
        let busy = Task(executorPreference: loop) {
            while !Task.isCancelled { await Task.yield() }
        }
        let pipe = try Pipe()
        try await loop.sleep(for: .milliseconds(1))
        pipe.write("x")
        try await loop.readable(pipe.reader)
        busy.cancel()
        await busy.value
        loop.stop()
    }

    @Test func `work without end, piece by piece, makes no descriptor wait for much of it`() async throws {
        let loop = try EventLoop(name: "test")
        let pieces = Shared(0)
        let pipes = try (0..<20).map { _ in try Pipe() }
        let seen = Shared<[Int]>([])
        let done = ResumeOnce<Void, Never>()
        // Each piece takes a millisecond and leaves another one.
        @Sendable func piece() {
            pieces.value += 1
            let end = SuspendingClock.now + .milliseconds(1)
            while SuspendingClock.now < end { continue }
            if seen.value.count < pipes.count, pieces.value < 20_000 { loop.execute(piece) }
        }
        let watches = pipes.map { pipe in
            loop.watch(pipe.reader, for: .readable) {
                _ = pipe.read()
                seen.value.append(pieces.value)
                loop.execute(piece)
                if seen.value.count == pipes.count { done.resume(with: .success(())) }
            }
        }
        loop.execute {
            for pipe in pipes { pipe.write("x") }
            piece()
        }
        await done.value()
        #expect(seen.value.allSatisfy { $0 < 200 }, "\(seen.value)")
        for watch in watches { watch.cancel() }
        loop.stop()
    }

    @Test func `run is immediate on the loop, execute comes after`() async throws {
        let loop = try EventLoop(name: "test")
        let seen = Shared<[String]>([])
        let done = ResumeOnce<Void, Never>()
        loop.run {
            loop.execute {
                seen.value.append("execute")
                done.resume(with: .success(()))
            }
            loop.run { seen.value.append("run") }
        }
        await done.value()
        #expect(seen.value == ["run", "execute"])
        loop.stop()
    }
}
