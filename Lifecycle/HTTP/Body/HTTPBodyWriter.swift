internal import Synchronization

/// Where the content of a streamed message is written, piece by piece.
package final class HTTPBodyWriter: Sendable {
    private let send: @Sendable ([UInt8]) async throws(HTTPError) -> Void
    private let gone = Atomic<Bool>(false)

    init(send: @escaping @Sendable ([UInt8]) async throws(HTTPError) -> Void) {
        self.send = send
    }

    /// Sends bytes at once, and waits while the other side is slower than what has been written.
    ///
    /// - Throws: `closed` when the other side is gone, `cancelled` when the task is.
    package func write(_ bytes: [UInt8]) async throws(HTTPError) {
        guard !bytes.isEmpty else { return }
        try await send(bytes)
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
