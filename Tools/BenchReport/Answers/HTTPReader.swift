/// HTTP responses of status 200 with a `Content-Length`.
package struct HTTPReader: AnswerReader {
    private var head: [UInt8] = []
    /// What is left of a body; nil in a head.
    private var left: Int?

    package init() {}

    package mutating func take(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var done = 0
        var index = 0
        while index < bytes.count {
            if let body = left {
                let part = min(body, bytes.count - index)
                index += part
                left = body - part
            } else {
                index = try readHead(bytes, from: index)
            }
            if left == 0 {
                left = nil
                done += 1
            }
        }
        return done
    }

    /// - Returns: where it stopped: behind the head, or at the end.
    private mutating func readHead(_ bytes: UnsafeRawBufferPointer, from start: Int) throws -> Int {
        var index = start
        while index < bytes.count {
            head.append(bytes[index])
            index += 1
            guard head.last == UInt8(ascii: "\n"), head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
            left = try Self.contentLength(head)
            head.removeAll(keepingCapacity: true)
            return index
        }
        guard head.count < 65_536 else { throw BenchError("the head of an answer does not end") }
        return index
    }

    private static func contentLength(_ head: [UInt8]) throws -> Int {
        guard head.starts(with: "HTTP/1.1 200".utf8) else {
            throw BenchError("asked for 200, got: \(String(decoding: head.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self))")
        }
        for line in head.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon - line.startIndex == Self.field.count,
                zip(line, Self.field).allSatisfy({ $0 | 0x20 == $1 })
            else { continue }
            let digits = line[(colon + 1)...].filter { (48...57).contains($0) }
            if let length = Int(String(decoding: digits, as: UTF8.self)) { return length }
        }
        throw BenchError("an answer has no Content-Length")
    }

    private static let field = Array("content-length".utf8)
}
