internal import Sockets

extension SocketOutput {
    /// Appends bytes as a chunk of a chunked body.
    mutating func append(chunk bytes: [UInt8]) {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(20 + (bytes.count <= Self.worthJoining ? bytes.count : 0))
        HTTPSerializer.chunkHead(bytes.count, into: &chunk)
        if bytes.count <= Self.worthJoining {
            chunk += bytes
            chunk += HTTPSerializer.chunkEnd
            append(chunk)
        } else {
            append(chunk)
            append(bytes)
            append(HTTPSerializer.chunkEnd)
        }
    }
}
