internal import Glibc

/// Bytes on their way into a non-blocking socket, which takes as many at a time as it likes.
package struct SocketOutput: Sendable {
    package enum Progress: Equatable, Sendable {
        /// Everything is with the kernel.
        case drained
        /// The socket is full; wait until it is writable.
        case blocked
        /// The connection is gone; the errno says how.
        case failed(Int32)
    }

    private var segments: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    /// How many bytes wait.
    package private(set) var count = 0

    package init() {}

    /// Whether nothing waits.
    package var isEmpty: Bool { count == 0 }

    /// Puts bytes behind those that wait.
    package mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        segments.append(bytes)
        count += bytes.count
    }

    /// Up to this size copying is cheaper than a segment of its own.
    package static let worthJoining = 32 * 1024

    /// Gives the socket as much as it takes.
    package mutating func write(to socket: Int32) -> Progress {
        while count > 0 {
            let written = send(to: socket)
            if written < 0 {
                let failure = errno
                switch failure {
                case EINTR: continue
                case EAGAIN: return .blocked
                default: return .failed(failure)
                }
            }
            consume(written)
        }
        return .drained
    }

    /// Forgets what waits.
    package mutating func removeAll() {
        self = SocketOutput()
    }

    /// One system call for up to 16 segments.
    private func send(to socket: Int32) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        if segments.count - first == 1 {
            return segments[first].withUnsafeBytes { Glibc.send(socket, $0.baseAddress.map { $0 + offset }, $0.count - offset, flags) }
        }
        return withVector(from: first, offset: offset) { vector in
            var message = msghdr()
            message.msg_iov = vector.baseAddress
            message.msg_iovlen = vector.count
            return sendmsg(socket, &message, flags)
        }
    }

    private func withVector(from first: Int, offset: Int, _ body: (UnsafeMutableBufferPointer<iovec>) -> Int) -> Int {
        let limit = min(segments.count - first, 16)
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { vector in
            func fill(_ index: Int) -> Int {
                guard index < limit else { return body(vector) }
                return segments[first + index].withUnsafeBytes { bytes in
                    let skipped = index == 0 ? offset : 0
                    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { $0 + skipped })
                    vector.initializeElement(at: index, to: iovec(iov_base: start, iov_len: bytes.count - skipped))
                    return fill(index + 1)
                }
            }
            return fill(0)
        }
    }

    private mutating func consume(_ written: Int) {
        count -= written
        var left = written + offset
        while first < segments.count, left >= segments[first].count {
            left -= segments[first].count
            segments[first] = []
            first += 1
        }
        offset = left
        if first == segments.count {
            segments.removeAll(keepingCapacity: segments.capacity <= 64)
            first = 0
        } else if first >= 64 {
            segments.removeFirst(first)
            first = 0
        }
    }
}
