internal import EventLoop
internal import Synchronization

/// The bytes of one body on their way from a connection, on its loop, to one reader, anywhere.
///
/// The producer never waits: it is told to pause when more than `capacity` bytes are unread, and asked for more when the reader has
/// taken them all.
final class HTTPBodyPipe: Sendable {
    /// What the reader asks of the producer.
    enum Demand: Sendable {
        /// The reader waits for bytes, or has made room after a pause.
        case more
        /// The reader is gone and wants nothing any more.
        case none
    }

    fileprivate enum End {
        case finished
        case failed(HTTPError)
    }

    private struct State {
        var chunks: [[UInt8]] = []
        var buffered = 0
        var end: End?
        var reader: ResumeOnce<[UInt8]?, HTTPError>?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let demand: @Sendable (Demand) -> Void

    /// - Parameters:
    ///   - loop: where the producer lives.
    ///   - demand: called on the loop; at once when the reader is there, too.
    init(capacity: Int, loop: EventLoop, demand: @escaping @Sendable (Demand) -> Void) {
        self.capacity = capacity
        self.demand = { demanded in
            switch demanded {
            case .more: loop.run { demand(demanded) }
            // A reader disappears wherever its last reference does, even in the middle of what the producer does.
            case .none: loop.execute { demand(demanded) }
            }
        }
    }

    // MARK: Producer

    /// Hands over bytes.
    ///
    /// - Returns: whether there is room for more.
    func push(_ bytes: [UInt8]) -> Bool {
        let (reader, room) = state.withLock { state -> (ResumeOnce<[UInt8]?, HTTPError>?, Bool) in
            guard state.end == nil else { return (nil, true) }
            if let reader = state.reader {
                state.reader = nil
                return (reader, true)
            }
            state.chunks.append(bytes)
            state.buffered += bytes.count
            return (nil, state.buffered < capacity)
        }
        reader?.resume(with: .success(bytes))
        return room
    }

    /// The body is complete.
    func finish() {
        end(.finished)
    }

    /// The body will never be complete. What has come before can still be read.
    func fail(_ error: HTTPError) {
        end(.failed(error))
    }

    private func end(_ end: End) {
        let reader = state.withLock { state -> ResumeOnce<[UInt8]?, HTTPError>? in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: end.result)
    }

    // MARK: Reader

    /// The next bytes, as many as have come; `nil` at the end.
    func next() async throws(HTTPError) -> [UInt8]? {
        let reader = ResumeOnce<[UInt8]?, HTTPError>()
        let (ready, wantsMore) = state.withLock { state in
            let wasFull = state.buffered >= capacity && state.end == nil
            if let ready = Self.take(&state) {
                return (ready as Result?, wasFull)
            }
            precondition(state.reader == nil, "a body has one reader")
            state.reader = reader
            return (nil, true)
        }
        if wantsMore {
            demand(.more)
        }
        if let ready {
            return try ready.get()
        }
        let result = await reader.result {
            state.withLock { state in
                if state.reader === reader {
                    state.reader = nil
                }
            }
            reader.resume(with: .failure(HTTPError(.cancelled, "reading a body was cancelled")))
        }
        return try result.get()
    }

    /// What is there without waiting.
    private static func take(_ state: inout State) -> Result<[UInt8]?, HTTPError>? {
        guard var bytes = state.chunks.first else { return state.end?.result }
        if state.chunks.count > 1 {
            bytes.reserveCapacity(state.buffered)
            for chunk in state.chunks.dropFirst() {
                bytes += chunk
            }
        }
        state.chunks = []
        state.buffered = 0
        return .success(bytes)
    }

    /// The reader is gone: what is buffered is dropped, and the producer is told if it was not done.
    func abandon() {
        let wasOpen = state.withLock { state in
            state.chunks = []
            state.buffered = 0
            defer { state.end = state.end ?? .finished }
            return state.end == nil
        }
        if wasOpen {
            demand(.none)
        }
    }
}

extension HTTPBodyPipe.End {
    fileprivate var result: Result<[UInt8]?, HTTPError> {
        switch self {
        case .finished: .success(nil)
        case .failed(let error): .failure(error)
        }
    }
}
