import EventLoop
import Glibc
import HTTP
import Testing

/// Clients that are slow or silent, with limits short enough to wait for.
@Suite struct TimingTests {
    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    @Test func `a head that does not come to its end is answered 408, however it trickles`() async throws {
        let pair = try Pair(limits: limits { $0.headTime = .milliseconds(100) }) { _ in .text("handled") }
        let answer = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n")
            // A slow loris: always another byte, never the end.
            for number in 0..<1000 where poll(client, milliseconds: 10) == false {
                client.send("X-\(number): y\r\n")
            }
            return client.receiveAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        pair.end()
    }

    @Test func `a body that stops coming is answered 408`() async throws {
        let pair = try Pair(limits: limits { $0.idleTime = .milliseconds(100) }) { request in
            .text("\((try? await request.collectBody().count) ?? -1)")
        }
        let answer = try await onThread { [endpoint = pair.endpoint] in
            let client = try RawClient(endpoint)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
            return client.receiveAll()
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        pair.end()
    }

    @Test func `a connection without a request is closed in silence`() async throws {
        let pair = try Pair(limits: limits { $0.idleTime = .milliseconds(50) }) { _ in .text("ok") }
        let (never, after) = try await onThread { [endpoint = pair.endpoint] in
            let silent = try RawClient(endpoint)
            let never = silent.receiveAll()
            let used = try RawClient(endpoint)
            used.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return (never, used.receiveAll())
        }
        #expect(never.isEmpty)
        #expect(after.hasSuffix("ok"))
        pair.end()
    }

    @Test func `a handler may be silent for longer than a client may`() async throws {
        let pair = try Pair(limits: limits { $0.idleTime = .milliseconds(50) }, acceptsLater: true) { [loop = EventLoop.shared] _ in
            try? await loop.sleep(for: .milliseconds(200))
            return .text("late")
        }
        // The request is there before its connection is accepted: no time for it to be idle.
        let client = try pair.raw()
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        pair.accept()
        #expect(try await onThread { client.receive(until: "late") }.hasSuffix("late"))
        pair.end()
    }

    @Test func `a client that does not take its response is cut off`() async throws {
        let ended = ResumeOnce<HTTPError.Code?, Never>()
        let pair = try Pair(limits: limits { $0.idleTime = .milliseconds(100) }) { _ in
            HTTPResponse(
                content: .stream { writer in
                    do throws(HTTPError) {
                        while true { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
                    } catch {
                        ended.resume(with: .success(error.code))
                        throw error
                    }
                })
        }
        let client = try pair.raw()
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let code = await ended.value()
        #expect(code == .closed || code == .cancelled)
        withExtendedLifetime(client) {}
        pair.end()
    }

    @Test func `a client that takes its response slowly is not cut off`() async throws {
        let pair = try Pair(limits: limits { $0.idleTime = .seconds(2) }) { _ in
            HTTPResponse(content: .bytes([UInt8](repeating: 1, count: 3_000_000)))
        }
        let reading = Task(executorPreference: pair.loop) {
            var count = 0
            for try await bytes in try await pair.get().body {
                count += bytes.count
                try await pair.loop.sleep(for: .milliseconds(50))
            }
            return count
        }
        #expect(try await reading.value == 3_000_000)
        pair.end()
    }
}

/// Whether there is something to read within that time.
private func poll(_ client: RawClient, milliseconds: Int32) -> Bool {
    var request = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&request, 1, milliseconds) > 0
}
