import EventLoop
import HTTP
import Testing

/// Who leaves when, and what the other side learns of it.
@Suite struct DisconnectTests {
    @Test(arguments: Pair.Transport.allCases, [false, true])
    func `a handler at work is cancelled when its client disconnects`(_ transport: Pair.Transport, _ byReset: Bool) async throws {
        let started = Event()
        let cancelled = Event()
        let pair = try Pair(transport) { [loop = EventLoop.shared] _ in
            started.happen()
            do {
                try await loop.sleep(for: .seconds(3600))
            } catch {
                cancelled.happen()
            }
            return .text("late")
        }
        try await leave(pair, after: started, byReset: byReset)
        await cancelled.value()
        pair.end()
    }

    @Test(arguments: Pair.Transport.allCases)
    func `a stream ends with an error when its client disconnects`(_ transport: Pair.Transport) async throws {
        let started = Event()
        let ended = ResumeOnce<HTTPError.Code?, Never>()
        let pair = try Pair(transport) { _ in
            HTTPResponse(
                content: .stream { writer in
                    do throws(HTTPError) {
                        while true {
                            try await writer.write("tick\n")
                            started.happen()
                            await Task.yield()
                        }
                    } catch {
                        ended.resume(with: .success(writer.isClientGone ? error.code : nil))
                        throw error
                    }
                })
        }
        try await leave(pair, after: started, byReset: false)
        let code = await ended.value()
        #expect(code == .closed || code == .cancelled)
        pair.end()
    }

    @Test func `a reader of a body learns that its client has gone`() async throws {
        let started = Event()
        let ended = ResumeOnce<HTTPError.Code?, Never>()
        let pair = try Pair { request in
            started.happen()
            do throws(HTTPError) {
                _ = try await request.collectBody()
                ended.resume(with: .success(nil))
            } catch {
                ended.resume(with: .success(error.code))
            }
            return .text("")
        }
        let client = Shared<RawClient?>(try pair.raw())
        client.value?.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        await started.value()
        client.change { $0 = nil }
        let code = await ended.value()
        #expect(code == .closed || code == .cancelled)
        pair.end()
    }

    private func leave(_ pair: Pair, after started: Event, byReset: Bool) async throws {
        let client = Shared<RawClient?>(try pair.raw())
        client.value?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.value()
        if byReset { client.value?.resetOnClose() }
        client.change { $0 = nil }
    }

    @Test func `closing the server cancels its handlers and tells its clients`() async throws {
        let started = Event()
        let cancelled = Event()
        let pair = try Pair { [loop = EventLoop.shared] _ in
            started.happen()
            try? await loop.sleep(for: .seconds(3600))
            cancelled.happen()
            return .text("late")
        }
        let asking = Task { try await pair.get() }
        await started.value()
        pair.server.close()
        await cancelled.value()
        let error = await #expect(throws: HTTPError.self) { try await asking.value }
        #expect(error?.code == .closedBeforeResponse)
        #expect(pair.server.connections == 0)
        pair.end()
    }

    @Test func `a stream that fails is cut, and its reader knows`() async throws {
        struct Broken: Error {}
        let pair = try Pair { _ in
            HTTPResponse(
                content: .stream { writer in
                    try await writer.write("half")
                    throw Broken()
                })
        }
        let response = try await pair.get()
        let error = await #expect(throws: HTTPError.self) { try await response.collectBody() }
        #expect(error?.code == .closed)
        pair.end()
    }
}
