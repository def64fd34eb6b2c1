import EventLoop
import HTTP
import Testing

/// The faster side waits for the slower one; what is in between is bounded.
@Suite struct BackPressureTests {
    /// Two kernel buffers, ours, and room for doubt. An unbounded buffer would have grown to the whole amount.
    private let bound = 8_000_000
    private let total = 64_000_000

    @Test(arguments: Pair.Transport.allCases)
    func `a reader that does not read stops the writer of a response`(_ transport: Pair.Transport) async throws {
        let written = Shared(0)
        let piece = [UInt8](repeating: 1, count: 16_000)
        let pair = try Pair(transport) { [total] _ in
            HTTPResponse(
                content: .stream { writer in
                    for _ in 0..<(total / piece.count) {
                        try await writer.write(piece)
                        written.change { $0 += piece.count }
                    }
                })
        }
        let response = try await pair.get()
        let before = try await standstill(of: written, on: pair.loop)
        #expect(before < bound)
        #expect(try await response.collectBody(upTo: total).count == total)
        pair.end()
    }

    @Test(arguments: Pair.Transport.allCases)
    func `a handler that does not read stops the writer of a request`(_ transport: Pair.Transport) async throws {
        let written = Shared(0)
        let release = Event()
        let piece = [UInt8](repeating: 1, count: 16_000)
        var limits = HTTPLimits()
        limits.bodyBytes = total
        let pair = try Pair(transport, limits: limits) { [total] request in
            await release.value()
            return .text("\((try? await request.collectBody(upTo: total).count) ?? -1)")
        }
        let request = HTTPClientRequest(
            method: .post, target: "/",
            content: .stream(length: total) { [total] writer in
                for _ in 0..<(total / piece.count) {
                    try await writer.write(piece)
                    written.change { $0 += piece.count }
                }
            })
        let sending = Task { try await pair.client.send(request, deadline: .seconds(60)).collectBody() }
        let before = try await standstill(of: written, on: pair.loop)
        #expect(before < bound)
        release.happen()
        #expect(try await sending.value == Array("\(total)".utf8))
        pair.end()
    }

    @Test func `a client that pipelines without reading answers is not read any more`() async throws {
        let handled = Shared(0)
        let pair = try Pair { _ in
            handled.change { $0 += 1 }
            return HTTPResponse(content: .bytes([UInt8](repeating: 1, count: 16_000)))
        }
        let client = try pair.raw()
        let sending = Task {
            try await onThread {
                for _ in 0..<20 {
                    client.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 200))
                }
                client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            }
        }
        let before = try await standstill(of: handled, on: pair.loop)
        #expect(before > 0)
        #expect(before < 1000)
        let count = try await onThread {
            var count = 0
            while true {
                let bytes = client.receive().count
                if bytes == 0 { return count }
                count += bytes
            }
        }
        try await sending.value
        #expect(count >= 4001 * 16_000)
        #expect(handled.value == 4001)
        pair.end()
    }

    /// Waits until a count that has begun to grow grows no more.
    private func standstill(of count: Shared<Int>, on loop: EventLoop) async throws -> Int {
        var last = -1
        var quiet = 0
        while quiet < 20 {
            try await loop.sleep(for: .milliseconds(5))
            let now = count.value
            quiet = now == last && now > 0 ? quiet + 1 : 0
            last = now
        }
        return last
    }
}
