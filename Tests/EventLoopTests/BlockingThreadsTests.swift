import EventLoop
import Glibc
import Testing

@Suite struct BlockingThreadsTests {
    struct Broken: Error {}

    @Test func `many blocking calls all end, more than there are threads`() async throws {
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await onBlockingThread {
                        usleep(1000)  // what blocks here, so that more than one thread is needed
                        return number
                    }
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set(0..<50))
    }

    @Test func `errors come back`() async {
        await #expect(throws: Broken.self) {
            try await onBlockingThread { throw Broken() }
        }
    }
}
