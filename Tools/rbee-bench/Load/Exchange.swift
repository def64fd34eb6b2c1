internal import BenchReport

/// One request at a time over one connection, each timed from its first byte to the last of its answer.
struct Exchange<Reader: AnswerReader> {
    /// Stays open as long as somebody holds it.
    let connection: Connection
    private let request: [UInt8]
    private var reader = Reader()
    private var buffer = [UInt8](repeating: 0, count: Connection.bufferSize)

    init(_ address: Connection.Address, _ request: [UInt8]) throws {
        connection = try Connection(address)
        self.request = request
    }

    /// - Parameter other: what is sent instead of the usual request.
    /// - Returns: microseconds.
    mutating func once(_ other: [UInt8]? = nil) throws -> Double {
        let begun = Clock.now
        try connection.send(other ?? request)
        var answers = 0
        while answers == 0 {
            answers = try connection.receive(into: &buffer) { try reader.take($0) }
        }
        guard answers == 1 else { throw BenchError("one request was answered \(answers) times") }
        return Clock.microseconds(since: begun)
    }

    /// - Returns: microseconds of each.
    mutating func times(_ count: Int) throws -> Samples {
        var samples = Samples()
        for _ in 0..<count { samples.add(try once()) }
        return samples
    }
}
