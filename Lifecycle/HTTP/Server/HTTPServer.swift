package import EventLoop
internal import Glibc
package import Platform
internal import Sockets
internal import Synchronization

/// Something that happened to a server outside any request, for its owner's log.
package enum HTTPServerNotice: Sendable, Equatable, CustomStringConvertible {
    /// No connection could be accepted, for lack of descriptors or memory. Said once until one could be again.
    case acceptPaused(reason: String)
    /// Connections are accepted again.
    case acceptResumed
    /// As many connections are open as are allowed; further ones are refused. Said once until there is room again.
    case connectionLimitReached(Int)

    package var description: String {
        switch self {
        case .acceptPaused(let reason): "new connections have to wait: \(reason)"
        case .acceptResumed: "new connections are accepted again"
        case .connectionLimitReached(let limit): "all \(limit) connections are in use: further ones are refused"
        }
    }
}

/// An HTTP/1.1 server on TCP and Unix sockets.
///
/// Handlers run on its loop. It lives until ``close()``.
package final class HTTPServer: Sendable {
    package let loop: EventLoop
    package let limits: HTTPLimits
    let handler: HTTPHandler
    let authorize: @Sendable (HTTPPeer) -> Bool
    let notice: @Sendable (HTTPServerNotice) -> Void

    nonisolated(unsafe) let scratch: UnsafeMutableRawBufferPointer  // made in init; its bytes are for the loop's thread only
    nonisolated(unsafe) var date = HTTPDate()  // the loop's thread only

    private struct State {
        var listeners: [SocketListener] = []
        var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
        var isDraining = false
        var isClosed = false
        var saidFull = false
    }

    private let state = Mutex(State())
    private let requests = InFlight()

    /// A server that listens nowhere yet.
    ///
    /// - Parameters:
    ///   - authorize: called on the loop for each connection before anything is read of it; `false` closes it at once.
    ///   - notice: called on the loop; for the log.
    ///   - handler: answers each request.
    package init(
        loop: EventLoop = .shared, limits: HTTPLimits = HTTPLimits(), authorize: @escaping @Sendable (HTTPPeer) -> Bool = { _ in true },
        notice: @escaping @Sendable (HTTPServerNotice) -> Void = { _ in }, handler: @escaping HTTPHandler
    ) {
        self.loop = loop
        self.limits = limits
        self.authorize = authorize
        self.notice = notice
        self.handler = handler
        scratch = .allocate(byteCount: 64 * 1024, alignment: 16)
    }

    deinit {
        scratch.deallocate()
    }

    // MARK: Listening

    /// Listens on a TCP address.
    ///
    /// - Parameters:
    ///   - host: a numeric address or a name of this machine, such as "localhost".
    ///   - port: 0 lets the kernel choose.
    /// - Returns: the port really bound.
    /// - Throws: `addressInUse`, naming who has the port; `unresolvable`; `unreachable` for another refusal of the kernel.
    @discardableResult
    package func listenTCP(host: String, port: Int) throws(HTTPError) -> Int {
        let (socket, port) = try TCPSocket.listen(host: host, port: port)
        listen(descriptor: socket)
        return port
    }

    /// One socket that is listened on.
    package struct Listening: Sendable {
        fileprivate let server: HTTPServer
        fileprivate let listener: SocketListener

        /// Closes this one socket; the server goes on with its others.
        package func stop() {
            server.state.withLock { $0.listeners.removeAll { $0 === listener } }
            listener.stop()
        }
    }

    /// Accepts connections from a socket that is bound and listening, close-on-exec and non-blocking. It is closed with the server.
    @discardableResult
    package func listen(descriptor: consuming Descriptor) -> Listening {
        let listener = SocketListener(loop: loop, socket: descriptor) { [notice] in
            switch $0 {
            case .paused(let reason): notice(.acceptPaused(reason: reason))
            case .resumed: notice(.acceptResumed)
            }
        } accepted: { socket in
            // A client that has gone in the meantime has no address any more.
            if let peer = HTTPPeer(of: socket) {
                self.accepted(socket, peer)
            }
        }
        let isClosed = state.withLock { state in
            if !state.isClosed {
                state.listeners.append(listener)
            }
            return state.isClosed
        }
        if !isClosed {
            listener.start()
        }
        return Listening(server: self, listener: listener)
    }

    /// Closes all listening sockets. Connections that are open stay.
    package func stopListening() {
        let listeners = state.withLock { state in
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners {
            listener.stop()
        }
    }

    // MARK: What is going on

    /// Requests that are being handled, or whose responses are still being sent.
    package var inFlight: Int { requests.count }

    /// Open connections, idle ones too.
    package var connections: Int { state.withLock { $0.connections.count } }

    // MARK: Ending

    /// Serves no further request: idle connections are closed, further requests answered 503, what is in flight is waited for.
    ///
    /// - Parameter deadline: how long to wait.
    /// - Returns: whether everything in flight has ended.
    package func drain(deadline: Duration) async -> Bool {
        let connections = state.withLock { state in
            state.isDraining = true
            return Array(state.connections.values)
        }
        for connection in connections {
            loop.run { connection.assumeIsolated { $0.drain() } }
        }
        // After the connections have been told, so that none is idle now and busy later.
        return await requests.none(within: deadline, on: loop)
    }

    /// Closes everything at once; handlers are cancelled.
    package func close() {
        stopListening()
        let connections = state.withLock { state in
            state.isClosed = true
            return Array(state.connections.values)
        }
        for connection in connections {
            loop.run { connection.assumeIsolated { $0.close() } }
        }
    }

    // MARK: For listeners and connections

    /// A listener has accepted a connection.
    func accepted(_ socket: Descriptor, _ peer: HTTPPeer) {
        guard authorize(peer) else { return }
        let (count, isDraining, isClosed) = state.withLock { ($0.connections.count, $0.isDraining, $0.isClosed) }
        let isFull = count >= limits.connections
        if isFull {
            let first = state.withLock { state in
                defer { state.saidFull = true }
                return !state.saidFull
            }
            if first {
                notice(.connectionLimitReached(limits.connections))
            }
        }
        // A few more are let in to be told so; beyond that the door stays shut.
        guard !isClosed, count < limits.connections + 64 else { return }
        let refusal: HTTPRefusal? = isDraining ? .draining : isFull ? .overloaded : nil
        let connection = HTTPServerConnection(server: self, socket: socket, peer: peer, refusing: refusal)
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
        connection.assumeIsolated { $0.start() }
    }

    func closed(_ connection: HTTPServerConnection) {
        state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            if state.connections.count < limits.connections * 9 / 10 {
                state.saidFull = false
            }
        }
    }

    func busyChanged(by difference: Int) {
        requests.change(by: difference)
    }
}
