import Glibc

/// One end of a TCP connection. An IPv4 address stays one also where a socket shows it wrapped in IPv6.
package struct SocketAddress: Hashable, Sendable {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]
    /// The port, in this machine's byte order.
    package let port: UInt16

    private static let wrapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// From 4 or 16 bytes in network order.
    package init?(bytes: [UInt8], port: UInt16) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes.count == 16 && bytes.starts(with: Self.wrapped) ? Array(bytes.dropFirst(12)) : bytes
        self.port = port
    }

    /// From a numeric address: "127.0.0.1", "::1". Names are not looked up.
    package init?(host: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, host, &four) == 1 {
            self.init(bytes: four, port: port)
        } else if inet_pton(AF_INET6, host, &sixteen) == 1 {
            self.init(bytes: sixteen, port: port)
        } else {
            return nil
        }
    }

    /// No address of the same family, and no port.
    init(unspecifiedLike other: SocketAddress) {
        bytes = [UInt8](repeating: 0, count: other.bytes.count)
        port = 0
    }

    /// This end of a socket; nil where it has none or is not of the internet.
    package static func local(of socket: Int32) -> SocketAddress? {
        read(socket, getsockname)
    }

    /// The other end of a socket.
    package static func remote(of socket: Int32) -> SocketAddress? {
        read(socket, getpeername)
    }

    /// Whether it is this machine's own.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// Whether it stands for all addresses.
    package var isAny: Bool { bytes.allSatisfy { $0 == 0 } }

    private typealias Query = (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32

    private static func read(_ socket: Int32, _ query: Query) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { query(socket, $0, &size) }
        }
        guard result == 0 else { return nil }
        let family = Int32(storage.ss_family)
        return withUnsafeBytes(of: storage) { raw in
            switch family {
            case AF_INET:
                let address = raw.load(as: sockaddr_in.self)
                return withUnsafeBytes(of: address.sin_addr) { SocketAddress(bytes: Array($0), port: UInt16(bigEndian: address.sin_port)) }
            case AF_INET6:
                let address = raw.load(as: sockaddr_in6.self)
                return withUnsafeBytes(of: address.sin6_addr) {
                    SocketAddress(bytes: Array($0), port: UInt16(bigEndian: address.sin6_port))
                }
            default: return nil
            }
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        let host = text.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) ?? "?" }
        return bytes.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}
