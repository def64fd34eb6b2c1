/// One end of a TCP connection.
package struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Numeric: "127.0.0.1", "::1".
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var isIPv6: Bool { host.utf8.contains(0x3A) }

    /// The address is one of this machine's own loopback interface.
    package var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.") }

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Who is at the other end of a connection.
package enum HTTPPeer: Hashable, Sendable, CustomStringConvertible {
    /// The kernel's word on who connected to a Unix socket.
    case unix(uid: UInt32, pid: Int32)
    case tcp(peer: HTTPAddress, local: HTTPAddress)

    package var description: String {
        switch self {
        case .unix(let uid, let pid): "uid \(uid) pid \(pid)"
        case .tcp(let peer, _): "\(peer)"
        }
    }
}

/// Where a server listens.
package enum HTTPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, and a port.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket, of any length.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): "\(HTTPAddress(host: host, port: port))"
        case .unix(let path): path
        }
    }
}
