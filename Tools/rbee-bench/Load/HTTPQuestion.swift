internal import BenchReport
internal import DaemonContract

/// One question over a connection of its own.
enum HTTPQuestion {
    /// - Returns: what was answered, decoded.
    static func json<Value: Decodable>(_ type: Value.Type, _ path: String, at address: Connection.Address) throws -> Value {
        let connection = try Connection(address)
        try connection.send(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        var (reader, buffer, received) = (HTTPReader(), [UInt8](repeating: 0, count: 16_384), [UInt8]())
        var answers = 0
        while answers == 0 {
            answers = try connection.receive(into: &buffer) {
                received += $0
                return try reader.take($0)
            }
        }
        guard let end = received.indices.first(where: { received[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            throw BenchError("an answer has no end of its head")
        }
        return try ContractJSON.decode(type, from: received[(end + 4)...])
    }
}
