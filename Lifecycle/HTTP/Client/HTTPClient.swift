package import EventLoop
internal import Glibc

/// An HTTP/1.1 client of one server, over TCP or a Unix socket, that keeps its connections and uses them again.
///
/// It lives until ``close()``, or until it has been dropped and its last response read.
package final class HTTPClient: Sendable {
    package let loop: EventLoop
    package let endpoint: HTTPEndpoint
    private let pool: HTTPClientPool

    /// A client that has no connection yet.
    package init(loop: EventLoop = .shared, endpoint: HTTPEndpoint, options: HTTPClientOptions = HTTPClientOptions()) {
        self.loop = loop
        self.endpoint = endpoint
        pool = HTTPClientPool(loop: loop, endpoint: endpoint, options: options)
    }

    deinit {
        // Later, since this may be the end of the very exchange that kept the client.
        loop.execute { [pool] in pool.assumeIsolated { $0.close() } }
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// A request is sent again by itself in one case only: it is idempotent, its body is all there, and the connection, which had served
    /// before, ended without a byte of an answer.
    ///
    /// - Parameter deadline: for the whole exchange, or up to the head, as the request says. Past it the connection is cut, and whoever
    ///   reads the body gets `deadlineExceeded`.
    /// - Throws: `refused`, `noSuchSocket`, `unreachable`, `unresolvable`: no connection, nothing was sent. `closedBeforeResponse`: the
    ///   request may have been read or not. `closed`, `malformed`, `tooLarge`, `deadlineExceeded`, `cancelled`, `invalid`, `stopped`.
    package func send(_ request: HTTPClientRequest, deadline: Duration) async throws(HTTPError) -> HTTPClientResponse {
        try check(request)
        let end = SuspendingClock.now + deadline
        if loop.isPreferred {
            return try await pool.send(request, until: end, for: self)
        }
        // Without this each step of the exchange would be resumed by way of the global pool, which may be busy.
        return try await withTaskExecutorPreference(loop) { () async throws(HTTPError) in
            try await pool.send(request, until: end, for: self)
        }
    }

    /// Closes all connections; what is under way fails with `stopped`.
    package func close() {
        loop.run { [pool] in pool.assumeIsolated { $0.close() } }
    }

    private func check(_ request: HTTPClientRequest) throws(HTTPError) {
        guard request.method.rawValue.isToken else { throw HTTPError(.invalid, "the method is not a word") }
        let isSendable = request.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard request.target.hasPrefix("/") || request.target == "*", isSendable else {
            throw HTTPError(.invalid, "the target \(request.target.debugDescription) is not a percent-encoded path")
        }
        if let field = request.headers.firstUnsendable() {
            throw HTTPError(.invalid, "the header field \(field.name.debugDescription) cannot be sent")
        }
    }
}
