internal import BenchReport

/// A streamed answer over a connection that stays: when its first event came.
struct FirstByte {
    private let connection: Connection
    private let request: [UInt8]
    private var buffer = [UInt8](repeating: 0, count: Connection.bufferSize)

    /// - Parameter body: JSON, posted to `path`.
    init(_ address: Connection.Address, path: String, body: String) throws {
        connection = try Connection(address)
        request = Array(
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
    }

    /// Sends the request and reads its answer to the end.
    ///
    /// - Returns: microseconds until the first byte of the first event.
    mutating func once() throws -> Double {
        let begun = Clock.now
        var first: Double?
        var received: [UInt8] = []
        try connection.send(request)
        while !received.suffix(7).elementsEqual("\r\n0\r\n\r\n".utf8) {
            received += try connection.receive(into: &buffer) { Array($0) }
            if first == nil, Self.contains(received, "data:") { first = Clock.microseconds(since: begun) }
            guard received.starts(with: "HTTP/1.1 200".utf8) || received.count < 12 else {
                throw BenchError("asked for a stream, got: \(String(decoding: received.prefix(300), as: UTF8.self))")
            }
        }
        guard let first else {
            throw BenchError("a stream ended without an event: \(String(decoding: received.prefix(300), as: UTF8.self))")
        }
        return first
    }

    private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: word.utf8) }
    }
}
