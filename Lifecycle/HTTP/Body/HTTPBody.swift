/// The body of a message: bytes that are there, or that come as they are read.
///
/// A body can be read once, by one task. While nobody reads, the connection is not read either, beyond a bounded amount. Dropping a
/// body unread closes or drains its connection.
package struct HTTPBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPError

    private enum Content: Sendable {
        case bytes([UInt8])
        case stream(Stream)
    }

    /// The reading end of a pipe; its disappearance is the reader's.
    final class Stream: Sendable {
        let pipe: HTTPBodyPipe

        init(pipe: HTTPBodyPipe) {
            self.pipe = pipe
        }

        deinit {
            pipe.abandon()
        }
    }

    private let content: Content

    /// No bytes.
    package static let empty = HTTPBody([])

    /// Bytes that are all there.
    package init(_ bytes: [UInt8]) {
        content = .bytes(bytes)
    }

    init(pipe: HTTPBodyPipe) {
        content = .stream(Stream(pipe: pipe))
    }

    /// The bytes, if they are all there.
    package var bytesIfComplete: [UInt8]? {
        switch content {
        case .bytes(let bytes): bytes
        case .stream: nil
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        switch content {
        case .bytes(let bytes): AsyncIterator(bytes: bytes.isEmpty ? nil : bytes, stream: nil)
        case .stream(let stream): AsyncIterator(bytes: nil, stream: stream)
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var bytes: [UInt8]?
        fileprivate let stream: Stream?

        /// The next bytes, as many as have come, never none; `nil` at the end.
        ///
        /// - Throws: `closed`, `malformed`, `tooLarge`, `deadlineExceeded`, `cancelled`.
        package mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(HTTPError) -> [UInt8]? {
            if let stream {
                return try await stream.pipe.next()
            }
            defer { bytes = nil }
            return bytes
        }
    }

    /// Reads to the end.
    ///
    /// - Throws: `tooLarge` as soon as there are more than `limit` bytes, and what reading throws.
    package func collect(upTo limit: Int) async throws(HTTPError) -> [UInt8] {
        var all: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let bytes = try await iterator.next() {
            guard all.count + bytes.count <= limit else {
                throw HTTPError(.tooLarge, "the body is larger than \(limit) bytes")
            }
            if all.isEmpty {
                all = bytes
            } else {
                all += bytes
            }
        }
        return all
    }
}
