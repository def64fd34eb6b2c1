internal import CPlatform
internal import Glibc
internal import Platform

/// A socket address of any family, as system calls take and give it.
struct KernelAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    var family: Int32 { Int32(storage.ss_family) }

    init() {}

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, self.length)
        withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(self.length))) }
    }

    mutating func withMutable(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> Int32 {
        withUnsafeMutablePointer(to: &length) { length in
            withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
            }
        }
    }

    func with(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// The numeric form of a TCP address; `nil` for other families.
    var http: HTTPAddress? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let port: UInt16
        switch family {
        case AF_INET:
            var address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            port = address.sin_port
            inet_ntop(AF_INET, &address.sin_addr, &text, socklen_t(text.count))
        case AF_INET6:
            var address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            port = address.sin6_port
            inet_ntop(AF_INET6, &address.sin6_addr, &text, socklen_t(text.count))
        default:
            return nil
        }
        let host = text.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) } ?? ""
        return HTTPAddress(host: host, port: Int(UInt16(bigEndian: port)))
    }

    static func local(of socket: Int32) -> KernelAddress? {
        var address = KernelAddress()
        return address.withMutable { getsockname(socket, $0, $1) } == 0 ? address : nil
    }

    static func remote(of socket: Int32) -> KernelAddress? {
        var address = KernelAddress()
        return address.withMutable { getpeername(socket, $0, $1) } == 0 ? address : nil
    }
}

extension HTTPPeer {
    /// Who a connected socket is connected to. `nil` if it no longer is.
    init?(of socket: Descriptor) {
        guard let local = KernelAddress.local(of: socket.rawValue) else { return nil }
        if local.family == AF_UNIX {
            var pid: pid_t = 0
            var uid: uid_t = 0
            var gid: gid_t = 0
            guard rbee_peer_credentials(socket.rawValue, &pid, &uid, &gid) == 0 else { return nil }
            self = .unix(uid: uid, pid: pid)
            return
        }
        guard let near = local.http, let far = KernelAddress.remote(of: socket.rawValue)?.http else { return nil }
        TCPSocket.sendWithoutDelay(socket.rawValue)
        self = .tcp(peer: far, local: near)
    }
}
