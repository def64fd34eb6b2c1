import EventLoop
import Testing

@Suite struct DeadlineTests {
    struct Broken: Error {}

    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "test")
    }

    @Test func `the result comes back, on the loop`() async throws {
        let onLoop = try await loop.withDeadline(.seconds(60)) { [loop] in loop.isCurrent }
        #expect(onLoop)
        loop.stop()
    }

    @Test func `what the operation throws is thrown`() async throws {
        await #expect(throws: Broken.self) {
            try await loop.withDeadline(.seconds(60)) { throw Broken() }
        }
        loop.stop()
    }

    @Test func `too late is DeadlineExceeded, and the operation is cancelled`() async throws {
        let cancelled = ResumeOnce<Void, Never>()
        await #expect(throws: DeadlineExceeded(limit: .milliseconds(5))) {
            try await loop.withDeadline(.milliseconds(5)) { [loop] in
                do {
                    try await loop.sleep(for: .seconds(3600))
                } catch {
                    cancelled.resume(with: .success(()))
                }
            }
        }
        await cancelled.value()
        loop.stop()
    }

    @Test func `an operation that ignores cancellation is not waited for`() async throws {
        let never = ResumeOnce<Void, Never>()
        await #expect(throws: DeadlineExceeded.self) {
            try await loop.withDeadline(.milliseconds(5)) { await never.value() }
        }
        never.resume(with: .success(()))
        loop.stop()
    }

    @Test func `cancelling the caller ends the wait and cancels the operation`() async throws {
        let cancelled = ResumeOnce<Void, Never>()
        let caller = Task { [loop] in
            try await loop.withDeadline(.seconds(3600)) {
                do {
                    try await loop.sleep(for: .seconds(3600))
                } catch {
                    cancelled.resume(with: .success(()))
                }
            }
        }
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        await cancelled.value()
        loop.stop()
    }
}
