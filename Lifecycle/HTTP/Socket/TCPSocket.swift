internal import Glibc
internal import Platform

/// TCP sockets and the names they are found by.
enum TCPSocket {
    /// A listening socket, close-on-exec and non-blocking, and its port.
    static func listen(host: String, port: Int) throws(HTTPError) -> (Descriptor, port: Int) {
        var failure: HTTPError?
        for address in try resolve(host: host, port: port, toListen: true) {
            do throws(HTTPError) {
                return try listen(at: address, host: host, port: port)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? HTTPError(.unresolvable, "\(host) has no address to listen on")
    }

    private static func listen(at address: KernelAddress, host: String, port: Int) throws(HTTPError) -> (Descriptor, port: Int) {
        let socket = try make(family: address.family)
        var on: Int32 = 1
        setsockopt(socket.rawValue, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.family == AF_INET6 {
            setsockopt(socket.rawValue, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        let bound = address.with { bind(socket.rawValue, $0, $1) } == 0 && Glibc.listen(socket.rawValue, 4096) == 0
        guard bound else { throw refusal(errno, host: host, port: port) }
        return (socket, KernelAddress.local(of: socket.rawValue)?.http?.port ?? port)
    }

    private static func refusal(_ number: Int32, host: String, port: Int) -> HTTPError {
        let place = HTTPAddress(host: host, port: port)
        let underlying = SystemError(errno: number, "listen on \(place)")
        switch number {
        case EADDRINUSE:
            let holder = UInt16(exactly: port).flatMap { try? PortHolder.of(port: $0, host: host) }
            let taken = holder.map { "the port is taken by \($0)" } ?? "the port is taken"
            return HTTPError(.addressInUse, "cannot listen on \(place): \(taken)", underlying: underlying)
        default:
            return HTTPError(.unreachable, underlying.message, underlying: underlying)
        }
    }

    /// A socket, close-on-exec and non-blocking.
    static func make(family: Int32) throws(HTTPError) -> Descriptor {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(family, kind, 0)
        guard number >= 0 else {
            let error = SystemError(errno: errno, "make a socket")
            throw HTTPError(.noResources, error.message, underlying: error)
        }
        return Descriptor(adopting: number)
    }

    /// Small messages are not held back to be joined with later ones.
    static func sendWithoutDelay(_ socket: Int32) {
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The addresses of a host. Blocks when a name server has to be asked.
    static func resolve(host: String, port: Int, toListen: Bool = false, numericOnly: Bool = false) throws(HTTPError) -> [KernelAddress] {
        guard (0...65535).contains(port) else { throw HTTPError(.invalid, "\(port) is no port: ports go from 0 to 65535") }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (toListen ? AI_PASSIVE : 0) | (numericOnly ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw HTTPError(.unresolvable, "\(host) has no address: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [KernelAddress] = []
        var next = list
        while let entry = next {
            addresses.append(KernelAddress(entry.pointee.ai_addr, length: entry.pointee.ai_addrlen))
            next = entry.pointee.ai_next
        }
        // 127.0.0.1 before ::1, since that is where daemons listen.
        return addresses.filter { $0.family == AF_INET } + addresses.filter { $0.family == AF_INET6 }
    }
}
