internal import Glibc

/// One connection to a Unix socket that blocks, so that client and floor cost the same: one write, and reads until the answer is there.
struct BlockingClient: ~Copyable {
    private let socket: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(description: "\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0 else { throw Failure(description: "cannot connect to \(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(socket)
    }

    /// Sends a frame and reads one frame back.
    ///
    /// - Returns: how long that took, in nanoseconds.
    mutating func exchange(_ frame: [UInt8]) throws -> UInt64 {
        let begun = Clock.now
        try send(frame)
        try receive()
        return Clock.now - begun
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { write(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
            guard count > 0 else { throw Failure(description: "cannot send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Reads one frame.
    mutating func receive() throws {
        var have = 0, wanted = 4
        while have < wanted {
            let count = buffer.withUnsafeMutableBytes {
                read(socket, $0.baseAddress.map { $0 + have }, min($0.count, wanted == 4 ? $0.count : wanted) - have)
            }
            guard count > 0 else { throw Failure(description: "the connection ended: \(String(cString: strerror(errno)))") }
            have += count
            if have >= 4 { wanted = 4 + buffer[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) } }
        }
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds.
enum Clock {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
