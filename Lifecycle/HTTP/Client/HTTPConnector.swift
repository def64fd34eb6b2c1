internal import CPlatform
internal import EventLoop
internal import Glibc
internal import Platform

/// Opens connections, without ever blocking the loop.
struct HTTPConnector {
    let loop: EventLoop

    /// - Returns: a connected socket, close-on-exec and non-blocking.
    /// - Throws: `refused`, `noSuchSocket`, `unreachable`, `unresolvable`, `noResources`, `cancelled`.
    func connect(to endpoint: HTTPEndpoint) async throws(HTTPError) -> Descriptor {
        switch endpoint {
        case .unix(let path): try await connect(path)
        case .tcp(let host, let port): try await connect(host, port)
        }
    }

    // MARK: Unix

    private func connect(_ path: String) async throws(HTTPError) -> Descriptor {
        var pause: Duration = .milliseconds(1)
        while true {
            let socket = try TCPSocket.make(family: AF_UNIX)
            let failure = try connect(socket, path)
            switch failure {
            case 0:
                return socket
            case EAGAIN:
                // The server's queue is full, and the kernel does not say when it no longer is.
                try await sleep(pause)
                pause = min(pause * 2, .milliseconds(20))
            case ENOENT, ENOTDIR:
                throw HTTPError(
                    .noSuchSocket, "there is no socket \(path)", underlying: SystemError(errno: failure, "connect to", path: path))
            case ECONNREFUSED:
                throw HTTPError(.refused, "nobody listens on \(path)", underlying: SystemError(errno: failure, "connect to", path: path))
            default:
                throw unreachable(SystemError(errno: failure, "connect to", path: path))
            }
        }
    }

    /// - Returns: 0 or an errno.
    private func connect(_ socket: Descriptor, _ path: String) throws(HTTPError) -> Int32 {
        let direct = path.withCString { rbee_unix_connect(socket.rawValue, $0, strlen($0)) == 0 ? 0 : errno }
        guard direct == ENAMETOOLONG else { return direct }
        // Through a descriptor of its directory a path of any length fits the address.
        let cut = path.lastIndex(of: "/")
        let directory = cut.map { path[..<$0] } ?? "."
        let number = rbee_open_reference(AT_FDCWD, String(directory.isEmpty ? "/" : directory))
        guard number >= 0 else { return errno }
        let reference = Descriptor(adopting: number)
        let name = cut.map { path[path.index(after: $0)...] } ?? path[...]
        return withExtendedLifetime(reference) {
            "/proc/self/fd/\(number)/\(name)".withCString { rbee_unix_connect(socket.rawValue, $0, strlen($0)) == 0 ? 0 : errno }
        }
    }

    private func sleep(_ pause: Duration) async throws(HTTPError) {
        do throws(CancellationError) {
            try await loop.sleep(for: pause)
        } catch {
            throw HTTPError(.cancelled, "connecting was cancelled")
        }
    }

    // MARK: TCP

    private func connect(_ host: String, _ port: Int) async throws(HTTPError) -> Descriptor {
        var failure: HTTPError?
        for address in try await resolve(host, port) {
            do throws(HTTPError) {
                return try await connect(address, HTTPAddress(host: host, port: port))
            } catch {
                guard error.code != .cancelled else { throw error }
                failure = failure ?? error
            }
        }
        throw failure ?? HTTPError(.unresolvable, "\(host) has no address")
    }

    private func resolve(_ host: String, _ port: Int) async throws(HTTPError) -> [KernelAddress] {
        if let numeric = try? TCPSocket.resolve(host: host, port: port, numericOnly: true) {
            return numeric
        }
        do {
            return try await onBlockingThread { try TCPSocket.resolve(host: host, port: port) }
        } catch let error as HTTPError {
            throw error
        } catch {
            throw HTTPError(.unresolvable, "\(host) has no address", underlying: error)
        }
    }

    private func connect(_ address: KernelAddress, _ place: HTTPAddress) async throws(HTTPError) -> Descriptor {
        let socket = try TCPSocket.make(family: address.family)
        TCPSocket.sendWithoutDelay(socket.rawValue)
        var failure = address.with { Glibc.connect(socket.rawValue, $0, $1) } == 0 ? 0 : errno
        if failure == EINPROGRESS {
            do throws(CancellationError) {
                try await loop.writable(socket.rawValue)
            } catch {
                throw HTTPError(.cancelled, "connecting was cancelled")
            }
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket.rawValue, SOL_SOCKET, SO_ERROR, &failure, &length)
        }
        switch failure {
        case 0:
            return socket
        case ECONNREFUSED:
            throw HTTPError(.refused, "nobody listens on \(place)", underlying: SystemError(errno: failure, "connect to \(place)"))
        default:
            throw unreachable(SystemError(errno: failure, "connect to \(place)"))
        }
    }

    private func unreachable(_ error: SystemError) -> HTTPError {
        HTTPError(.unreachable, error.message, underlying: error)
    }
}
