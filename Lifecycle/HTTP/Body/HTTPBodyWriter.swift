internal import Synchronization

/// What a streamed body is written into: a connection, as long as it is about that body's exchange.
protocol HTTPBodySink: Actor {
    /// Sends bytes of the exchange with that number, waiting while the other side is slower.
    func write(_ bytes: [UInt8], _ exchange: Int) async throws(HTTPError)
}

/// Where the content of a streamed message is written, piece by piece.
package final class HTTPBodyWriter: Sendable {
    // The actor itself and not a closure that captures it: such a closure leaves its caller's executor, and the head of a response would
    // no longer go out together with the first piece of its body.
    private let sink: any HTTPBodySink
    private let exchange: Int
    private let gone = Atomic<Bool>(false)

    init(sink: any HTTPBodySink, exchange: Int) {
        self.sink = sink
        self.exchange = exchange
    }

    /// Sends bytes at once, and waits while the other side is slower than what has been written.
    ///
    /// - Throws: `closed` when the other side is gone, `cancelled` when the task is.
    package func write(_ bytes: [UInt8]) async throws(HTTPError) {
        guard !bytes.isEmpty else { return }
        try await sink.write(bytes, exchange)
    }

    /// Sends text as UTF-8; see ``write(_:)-([UInt8])``.
    package func write(_ text: String) async throws(HTTPError) {
        try await write(Array(text.utf8))
    }

    /// Whether the other side has closed the connection: further writing throws.
    package var isClientGone: Bool { gone.load(ordering: .relaxed) }

    func markGone() {
        gone.store(true, ordering: .relaxed)
    }
}
