import CPlatform
import Glibc

extension RunDirectory {
    /// Listens on a Unix socket in here.
    ///
    /// The socket is 0600 before it has a name, has its name only once it listens, and is close-on-exec and non-blocking.
    ///
    /// - Parameter replacing: take the place of a socket that a dead holder left. Only for who holds the lock that the name belongs to.
    /// - Throws: EADDRINUSE when the name is taken and not to be replaced, or is no socket.
    package func bindSocket(
        _ name: String, replacing: Bool = false, backlog: Int32 = 4096
    ) throws(SystemError) -> (descriptor: Descriptor, identity: FileIdentity) {
        try check(name)
        let socket = try unixSocket()
        guard socket.use({ fchmod($0, 0o600) }) == 0 else { throw failure("close to others the socket", name) }
        let temporary = TemporaryName.draw()
        guard bind(socket, to: temporary) == 0 else { throw failure("bind the socket", name) }
        do throws(SystemError) {
            guard socket.use({ listen($0, backlog) }) == 0 else { throw failure("listen on the socket", name) }
            guard let identity = try stat(temporary) else { throw SystemError(errno: ENOENT, "bind the socket", path: "\(path)/\(name)") }
            try publish(temporary, as: name, replacing: replacing)
            return (socket, identity)
        } catch {
            _ = descriptor.use { unlinkat($0, temporary, 0) }
            throw error
        }
    }

    /// Connects to a Unix socket in here, without waiting.
    ///
    /// - Returns: a close-on-exec, non-blocking stream.
    /// - Throws: ENOENT when there is no socket, ECONNREFUSED when nobody listens, EAGAIN when its queue is full.
    package func connectSocket(_ name: String) throws(SystemError) -> Descriptor {
        // Through a descriptor of the socket file itself, so that a name of any length fits the address and a link is not followed.
        try check(name)
        let number = descriptor.use { rbee_open_reference($0, name) }
        guard number >= 0 else { throw failure("connect to", name) }
        let file = Descriptor(adopting: number)
        guard try file.identity().kind == .socket else {
            throw SystemError(errno: ENOTSOCK, "connect to", path: "\(path)/\(name)")
        }
        let socket = try unixSocket()
        let address = Array("/proc/self/fd/\(file.rawValue)".utf8)
        let result = withExtendedLifetime(file) { socket.use { rbee_unix_connect($0, address, address.count) } }
        guard result == 0 else { throw failure("connect to", name) }
        return socket
    }

    /// Whether somebody listens on a socket.
    package func isServed(_ name: String) -> Bool {
        do throws(SystemError) {
            _ = try connectSocket(name)
            return true
        } catch {
            // A full queue has somebody behind it.
            return error.number == EAGAIN
        }
    }

    private func unixSocket() throws(SystemError) -> Descriptor {
        let number = rbee_unix_stream()
        guard number >= 0 else { throw SystemError(errno: errno, "make a socket") }
        return Descriptor(adopting: number)
    }

    private func bind(_ socket: Descriptor, to name: String) -> Int32 {
        let address = Array(procPath(name).utf8)
        return socket.use { rbee_unix_bind($0, address, address.count) }
    }

    private func publish(_ temporary: String, as name: String, replacing: Bool) throws(SystemError) {
        if replacing, let found = try stat(name), found.kind != .socket {
            throw SystemError(errno: EADDRINUSE, "bind the socket", path: "\(path)/\(name)")
        }
        let renamed = descriptor.use { directory in
            replacing ? renameat(directory, temporary, directory, name) : rbee_rename_new(directory, temporary, name)
        }
        guard renamed != 0 else { return }
        let number = errno == EEXIST || errno == EISDIR ? EADDRINUSE : errno
        throw SystemError(errno: number, "bind the socket", path: "\(path)/\(name)")
    }

    private func failure(_ operation: String, _ name: String) -> SystemError {
        SystemError(errno: errno, operation, path: "\(path)/\(name)")
    }
}
