internal import DaemonContract

/// A daemon's answer. Its body is read as it comes.
public struct DaemonResponse: Sendable {
    /// The HTTP status.
    public let status: Int
    /// The body, piece by piece; a slow reader slows the daemon down.
    public let body: DaemonResponseBody
    private let isDraining: Bool

    init(status: Int, body: DaemonResponseBody, isDraining: Bool) {
        self.status = status
        self.body = body
        self.isDraining = isDraining
    }

    /// A 503 that says so: the request was not begun.
    var isRefusedWhileDraining: Bool { isDraining }

    /// The whole body.
    ///
    /// - Parameter limit: bytes; more is an error.
    /// - Throws: `unreachable` when the daemon goes away before the end, `refused` beyond the limit.
    public func bytes(upTo limit: Int = 16 << 20) async throws(LifecycleError) -> [UInt8] {
        var bytes: [UInt8] = []
        var iterator = body.makeAsyncIterator()
        while let part = try await iterator.next(isolation: #isolation) {
            bytes += part
            guard bytes.count <= limit else { throw LifecycleError(.refused, "the answer is longer than \(limit) bytes") }
        }
        return bytes
    }
}

/// A body as it arrives: pieces of bytes.
public struct DaemonResponseBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = LifecycleError

    /// Reads one body once.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let read: @Sendable () async throws(LifecycleError) -> [UInt8]?

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LifecycleError) -> [UInt8]? {
            try await read()
        }

        public mutating func next() async throws(LifecycleError) -> [UInt8]? {
            try await read()
        }
    }

    let read: @Sendable () async throws(LifecycleError) -> [UInt8]?

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(read: read) }
}
