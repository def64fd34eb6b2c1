import EventLoop
import Glibc
import HTTP
import Testing

/// What prefers a loop needs no other thread.
@Suite struct HopTests {
    /// Asks and is asked, waits and is woken, all on one loop.
    actor Resident {
        let loop: EventLoop
        let pair: Pair

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(loop: EventLoop) throws {
            self.loop = loop
            pair = try Pair(loop: loop) { [loop] request in
                guard let body = try? await request.collectBody(), loop.isCurrent else { return .text("hopped") }
                return HTTPResponse(
                    content: .stream { writer in
                        try await loop.sleep(for: .milliseconds(1))
                        try await writer.write(body)
                        try await writer.write(loop.isCurrent ? "" : "hopped")
                    })
            }
        }

        /// Begins on the loop at once.
        func begin() {
            Task(executorPreference: loop) {
                let isFine = (try? await self.visit()) == true
                self.pair.end()
                exit(isFine ? 0 : 1)
            }
        }

        private func visit() async throws -> Bool {
            try await loop.sleep(for: .milliseconds(1))
            let body = [UInt8](repeating: 1, count: 300_000)
            for _ in 0..<3 {
                let request = HTTPClientRequest(method: .post, target: "/", content: .bytes(body))
                let response = try await pair.client.send(request, deadline: .seconds(10))
                guard try await response.collectBody() == body, loop.isCurrent else { return false }
            }
            let answer = try await loop.withDeadline(.seconds(10)) { [loop] in
                try await loop.sleep(for: .milliseconds(1))
                return loop.isCurrent
            }
            return answer && loop.isCurrent
        }
    }

    @Test func `with every thread of the global pool busy, the loop goes on`() async {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop(name: "test")
            let resident = try Resident(loop: loop)
            // The end, if it does not.
            alarm(30)
            for _ in 0..<(sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 2) {
                Task.detached { while true { pause() } }
            }
            // The pool is busy once a task of it no longer runs; this one does until it says so to the loop.
            loop.schedule(after: .milliseconds(50)) { resident.assumeIsolated { $0.begin() } }
            while true { pause() }
        }
    }
}
