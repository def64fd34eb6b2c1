import Dispatch
import EventLoop
import Platform
import Synchronization
import Testing

@testable import DaemonLifecycle

/// Waiting for descriptors that are closed right after.
struct ReadableTests {
    /// What gets the number of a descriptor that is closed too soon would never be seen ready.
    @Test func aWaitEndsWhenTheLoopHasForgottenTheDescriptor() async throws {
        let loop = try EventLoop(name: "busy")
        let (quiet, writer) = try Descriptor.pipe()
        let order = Mutex<[String]>([])
        let waiting = Task { [descriptor = quiet.rawValue] in
            let isReadable = await loop.isReadable(descriptor, within: .seconds(600))
            order.withLock { $0.append("returned") }
            return isReadable
        }
        let busy = ResumeOnce<Void, Never>(), freed = DispatchSemaphore(value: 0)
        loop.execute {
            busy.resume(with: .success(()))
            freed.wait()
            order.withLock { $0.append("loop goes on") }
        }
        await busy.value()
        waiting.cancel()
        // Time for it to return, which it must not take; a slow machine only sees less.
        try await EventLoop.shared.sleep(for: .milliseconds(50))
        freed.signal()
        let isReadable = await waiting.value
        #expect(!isReadable)
        #expect(order.withLock { $0 } == ["loop goes on", "returned"])
        withExtendedLifetime((quiet, writer)) {}
        loop.stop()
    }

    @Test func theFirstOfSeveralIsFound() async throws {
        let (quiet, silent) = try Descriptor.pipe()
        let (reader, writer) = try Descriptor.pipe()
        try writer.write([1])
        let found = await EventLoop.shared.firstReadable(of: [quiet.rawValue, reader.rawValue], within: .seconds(600))
        #expect(found == reader.rawValue)
        withExtendedLifetime(silent) {}
    }
}
