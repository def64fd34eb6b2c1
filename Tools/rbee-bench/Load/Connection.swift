internal import BenchReport
internal import Glibc
internal import Platform

/// One connection to a server, by plain blocking system calls: what it costs itself is the same whoever is at the other end.
final class Connection {
    /// Where a server listens.
    enum Address: Hashable, Sendable {
        case unix(path: String)
        /// Of the loopback.
        case tcp(port: UInt16)
    }

    /// The descriptor, open as long as this lives.
    let socket: Int32
    private let address: Address

    /// What is read at once; enough for the largest answer that is waited for.
    static let bufferSize = 1 << 18

    /// A read or a write that takes longer has failed: a server that hangs must not hang its measurement.
    private static let patience = timeval(tv_sec: 20, tv_usec: 0)

    init(_ address: Address) throws {
        self.address = address
        let family = if case .unix = address { AF_UNIX } else { AF_INET }
        socket = Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw SystemError(errno: errno, "make a socket") }
        do {
            try connect(to: address)
        } catch {
            close(socket)
            throw error
        }
        var patience = Self.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit {
        close(socket)
    }

    private func connect(to address: Address) throws {
        let result: Int32
        switch address {
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { throw BenchError("\(path) is too long for a socket") }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            result = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        case .tcp(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            result = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            var yes: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        guard result == 0 else { throw SystemError(errno: errno, "connect to \(address)") }
    }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemError(errno: errno, "send to \(address)") }
            sent += count
        }
    }

    /// Waits for bytes and hands them over.
    ///
    /// - Throws: also when the server has closed the connection: an answer is outstanding whenever this is called.
    func receive<Result>(into buffer: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else {
            if count == 0 { throw BenchError("\(address) closed the connection before it had answered") }
            throw SystemError(errno: errno, "receive from \(address)")
        }
        return try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
