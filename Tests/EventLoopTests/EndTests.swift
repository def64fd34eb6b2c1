import EventLoop
import Glibc
import Testing

@Suite struct EndTests {
    @Test func `stopping ends every wait`() async throws {
        let loop = try EventLoop(name: "test")
        let pipe = try Pipe()
        let sleeping = Task { try await loop.sleep(for: .seconds(3600)) }
        let waiting = Task { try await loop.readable(pipe.reader) }
        try await loop.sleep(for: .zero)
        loop.stop()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await loop.finished()
    }

    @Test func `work after the end still runs, and waits fail at once`() async throws {
        let loop = try EventLoop(name: "test")
        loop.stop()
        loop.stop()
        await loop.finished()
        for _ in 0..<50 {
            #expect(await Task(executorPreference: loop) { loop.isCurrent }.value)
        }
        await #expect(throws: CancellationError.self) { try await loop.sleep(for: .zero) }
        loop.schedule(after: .zero) { Issue.record("fired after the end") }
        await loop.finished()
    }

    @Test func `a stopped loop gives back its descriptors`() async {
        // In a process of its own, where nobody else opens descriptors.
        await #expect(processExitsWith: .success) {
            func descriptors() -> Int {
                (0..<1024).count { fcntl($0, F_GETFD) != -1 }
            }
            let before = descriptors()
            var loops = try (0..<20).map { _ in try EventLoop(name: "test") }
            try #require(descriptors() >= before + 20)
            for loop in loops {
                loop.stop()
                await loop.finished()
            }
            // Each loop's bell is left, which others may be about to ring while they know the loop.
            #expect(descriptors() <= before + 21)
            loops = []
            // A loop's thread lets go of it last of all.
            while descriptors() > before + 1 { await Task.yield() }
        }
    }
}
