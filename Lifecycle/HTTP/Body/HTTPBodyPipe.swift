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

    private typealias Reader = ResumeOnce<[UInt8]?, HTTPError>

    private typealias Machine = HTTPBodyPipeMachine<Reader, HTTPError>

    private let machine: Mutex<Machine>
    private let demand: @Sendable (Demand) -> Void

    /// - Parameters:
    ///   - loop: where the producer lives.
    ///   - demand: called on the loop; at once when the reader is there, too.
    init(capacity: Int, loop: EventLoop, demand: @escaping @Sendable (Demand) -> Void) {
        machine = Mutex(Machine(capacity: capacity))
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
        let (reader, hasRoom) = machine.withLock { $0.pushed(bytes) }
        reader?.resume(with: .success(bytes))
        return hasRoom
    }

    /// The body is complete.
    func finish() {
        end(.finished)
    }

    /// The body will never be complete. What has come before can still be read.
    func fail(_ error: HTTPError) {
        end(.failed(error))
    }

    private func end(_ end: Machine.End) {
        machine.withLock { $0.ended(end) }?.resume(with: end.result)
    }

    // MARK: Reader

    /// The next bytes, as many as have come; `nil` at the end.
    func next() async throws(HTTPError) -> [UInt8]? {
        let reader = Reader()
        let (found, wantsMore) = machine.withLock { $0.asked(by: reader) }
        if wantsMore {
            demand(.more)
        }
        if case .result(let result) = found {
            return try result.get()
        }
        let result = await reader.result {
            // Bytes that are on their way to it stay its own: read and dropped here they would be missing later.
            if machine.withLock({ $0.gaveUp(reader) }) {
                reader.resume(with: .failure(HTTPError(.cancelled, "reading a body was cancelled")))
            }
        }
        return try result.get()
    }

    /// The reader is gone: what is buffered is dropped, and the producer is told if it was not done.
    func abandon() {
        if machine.withLock({ $0.abandoned() }) {
            demand(.none)
        }
    }
}
