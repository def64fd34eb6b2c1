import DaemonRuntime
import EventLoop
import FoundationEssentials
import HTTP
import Synchronization
import Testing

@Suite struct HeartbeatSenderTests {
    /// Nothing is written for nobody; once there is somebody, it is told.
    @Test func whereNoSocketIsNothingIsWritten() async throws {
        let folder = "/tmp/rbee-heart-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let loop = try EventLoop(name: "heart")
        let written = Mutex(0)
        let (answers, told) = AsyncStream.makeStream(of: Bool.self)
        let sender = HeartbeatSender(
            to: .unix(path: "\(folder)/queen.sock"), path: "/beat", token: { "" }, interval: .milliseconds(100), loop: loop,
            log: JSONLinesLog(), answered: { told.yield($0) }
        ) {
            written.withLock { $0 += 1 }
            return []
        }
        await sender.start()
        var news = answers.makeAsyncIterator()
        #expect(await news.next() == false)
        #expect(await news.next() == false)
        #expect(written.withLock { $0 } == 0)
        // A socket that nobody serves may be one that is about to be.
        _ = FileManager.default.createFile(atPath: "\(folder)/queen.sock", contents: nil)
        while written.withLock({ $0 }) == 0 { #expect(await news.next() == false) }
        await sender.stop(last: nil)
        loop.stop()
    }
}
