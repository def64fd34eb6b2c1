import BenchReport
import Testing

@Suite struct AnswerReaderTests {
    /// How many answers end, after each piece that is no longer than `size`.
    private func ends<Reader: AnswerReader>(_: Reader.Type, _ bytes: [UInt8], by size: Int) throws -> [Int] {
        var reader = Reader()
        return try stride(from: 0, to: bytes.count, by: size).map { start in
            try Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { try reader.take($0) }
        }
    }

    private let frames: [UInt8] = [3, 0, 0, 0, 1, 2, 3] + [0, 0, 0, 0] + [4, 1, 0, 0] + [UInt8](repeating: 9, count: 260)

    @Test func framesEndWhereTheirLengthsSay() throws {
        for size in 1...frames.count {
            let found = try ends(FrameReader.self, frames, by: size)
            #expect(found.reduce(0, +) == 3)
            // The last one ends with the last byte, and not before.
            #expect(found.last.map { $0 > 0 } == true)
        }
    }

    @Test func aFrameThatIsNotWholeHasNotEnded() throws {
        #expect(try ends(FrameReader.self, Array(frames.dropLast()), by: 1).reduce(0, +) == 2)
        #expect(try ends(FrameReader.self, [7, 0, 0], by: 3) == [0])
    }

    private let responses = Array(
        """
        HTTP/1.1 200 OK\r\nServer: x\r\nCONTENT-LENGTH:  5\r\n\r\nhello\
        HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n\
        HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\nContent-Length: 2\r\nContent-Lengthy: 7\r\n\r\nhi
        """.utf8)

    @Test func responsesEndWhereTheirBodiesDo() throws {
        for size in 1...responses.count {
            let found = try ends(HTTPReader.self, responses, by: size)
            #expect(found.reduce(0, +) == 3)
            #expect(found.last.map { $0 > 0 } == true)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "asked for 200, got: HTTP/1.1 503 Service Unavailable"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "an answer has no Content-Length"),
        (String(repeating: "x", count: 70_000), "the head of an answer does not end"),
    ])
    func whatCannotBeMeasuredIsAnError(text: String, expected: String) {
        let error = #expect(throws: BenchError.self) { try ends(HTTPReader.self, Array(text.utf8), by: 1_000_000) }
        #expect(error?.description == expected)
    }
}
