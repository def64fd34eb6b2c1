/// Decides who has the bytes of a body: the pipe, or the reader that waits for them.
struct HTTPBodyPipeMachine<Reader: Equatable, Failure: Error> {
    /// How the body ended.
    enum End {
        case finished
        case failed(Failure)
    }

    /// What a reader finds.
    enum Found {
        /// Bytes, the end, or an error.
        case result(Result<[UInt8]?, Failure>)
        /// It waits until it is handed something or gives up.
        case waits
    }

    private let capacity: Int
    private var chunks: [[UInt8]] = []
    private var buffered = 0
    private var end: End?
    private(set) var reader: Reader?

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes came.
    ///
    /// - Returns: the reader to hand them to, without whom they are kept; and whether there is room for more.
    mutating func pushed(_ bytes: [UInt8]) -> (reader: Reader?, hasRoom: Bool) {
        guard end == nil else { return (nil, true) }
        if let reader = reader.take() { return (reader, true) }
        chunks.append(bytes)
        buffered += bytes.count
        return (nil, buffered < capacity)
    }

    /// There will be no more bytes. Only the first end counts.
    ///
    /// - Returns: the reader to be told.
    mutating func ended(_ end: End) -> Reader? {
        guard self.end == nil else { return nil }
        self.end = end
        return reader.take()
    }

    /// A reader came.
    ///
    /// - Returns: what it finds, and whether the producer is to be asked for more.
    mutating func asked(by reader: Reader) -> (found: Found, wantsMore: Bool) {
        let wasFull = buffered >= capacity && end == nil
        if let ready = take() { return (.result(ready), wasFull) }
        precondition(self.reader == nil, "a body has one reader")
        self.reader = reader
        return (.waits, true)
    }

    /// A reader will wait no longer.
    ///
    /// - Returns: whether it waited still; if not, something is on its way to it, and would be lost if it left without.
    mutating func gaveUp(_ reader: Reader) -> Bool {
        guard self.reader == reader else { return false }
        self.reader = nil
        return true
    }

    /// The reader is gone for good: what is buffered is dropped.
    ///
    /// - Returns: whether the producer is to be told.
    mutating func abandoned() -> Bool {
        chunks = []
        buffered = 0
        defer { end = end ?? .finished }
        return end == nil
    }

    /// What is there without waiting.
    private mutating func take() -> Result<[UInt8]?, Failure>? {
        guard var bytes = chunks.first else { return end?.result }
        if chunks.count > 1 {
            bytes.reserveCapacity(buffered)
            for chunk in chunks.dropFirst() {
                bytes += chunk
            }
        }
        chunks = []
        buffered = 0
        return .success(bytes)
    }
}

extension HTTPBodyPipeMachine.End {
    /// What a reader is told.
    var result: Result<[UInt8]?, Failure> {
        switch self {
        case .finished: .success(nil)
        case .failed(let error): .failure(error)
        }
    }
}

extension HTTPBodyPipeMachine.End: Equatable where Failure: Equatable {}
extension HTTPBodyPipeMachine.End: Hashable where Failure: Hashable {}
extension HTTPBodyPipeMachine: Equatable where Failure: Equatable {}
extension HTTPBodyPipeMachine: Hashable where Reader: Hashable, Failure: Hashable {}
