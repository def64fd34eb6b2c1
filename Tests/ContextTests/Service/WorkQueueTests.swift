import EventLoop
import Synchronization
import Testing

@testable import Context

/// What was acknowledged is done, in its order, and never more waits than has room.
struct WorkQueueTests {
    @Test func oneAfterTheOtherInOrder() async {
        let queue = WorkQueue(loop: .shared, capacity: 500)
        let done = Mutex<[Int]>([])
        for number in 0..<500 { #expect(await queue.add { done.withLock { $0.append(number) } }) }
        await queue.finish()
        #expect(done.withLock { $0 } == Array(0..<500))
        #expect(await queue.count == 0)
    }

    @Test func fullMeansNo() async {
        let queue = WorkQueue(loop: .shared, capacity: 3)
        let gate = ResumeOnce<Void, Never>(), begun = ResumeOnce<Void, Never>()
        #expect(
            await queue.add {
                begun.resume(with: .success(()))
                await gate.value()
            })
        await begun.value()
        for _ in 0..<3 { #expect(await queue.add {}) }
        #expect(await !queue.add {})
        gate.resume(with: .success(()))
        await queue.finish()
        #expect(await queue.add {})
        await queue.finish()
    }
}
