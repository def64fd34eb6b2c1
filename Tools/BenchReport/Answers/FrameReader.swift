/// Frames: a little-endian length of four bytes, and so many bytes.
package struct FrameReader: AnswerReader {
    private var head: UInt32 = 0
    private var headBytes = 0
    private var left = 0

    package init() {}

    package mutating func take(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var done = 0
        var index = 0
        while index < bytes.count {
            if headBytes < 4 {
                head |= UInt32(bytes[index]) << UInt32(8 * headBytes)
                headBytes += 1
                index += 1
                guard headBytes == 4 else { continue }
                left = Int(head)
            } else {
                let part = min(left, bytes.count - index)
                index += part
                left -= part
            }
            if left == 0 {
                (head, headBytes) = (0, 0)
                done += 1
            }
        }
        return done
    }
}
