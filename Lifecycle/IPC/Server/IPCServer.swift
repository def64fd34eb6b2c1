package import EventLoop
package import Platform
internal import Sockets
internal import Synchronization

/// Something that happened to a server outside any request, for its owner's log.
package enum IPCServerNotice: Sendable, Equatable {
    /// Nothing can be accepted for lack of descriptors or memory. Said once until something could be again.
    case acceptPaused(reason: String)
    case acceptResumed
    /// As many connections are open as are allowed. Said once until there is room again.
    case connectionLimitReached(Int)
    /// Another user's process connected and was turned away.
    case strangerRefused(PeerCredentials)
}

/// A server of framed messages on Unix sockets. Requests are handled on its loop. It lives until ``close()``.
package final class IPCServer<Service: IPCService>: Sendable {
    package let loop: EventLoop
    package let limits: IPCLimits
    let service: Service
    private let notice: @Sendable (IPCServerNotice) -> Void
    private let allowed: @Sendable (PeerCredentials) -> Bool

    nonisolated(unsafe) let scratch: UnsafeMutableRawBufferPointer  // made in init; its bytes are for the loop's thread only

    private struct State {
        var listeners: [SocketListener] = []
        var connections: [ObjectIdentifier: IPCConnection<Service>] = [:]
        var isDraining = false
        var isClosed = false
        var saidFull = false
    }

    private let state = Mutex(State())
    private let requests = InFlight()

    /// A server that listens nowhere yet.
    ///
    /// - Parameters:
    ///   - allowed: who may connect; asked on the loop before anything is read.
    ///   - notice: called on the loop; for the log.
    package init(
        loop: EventLoop = .shared, limits: IPCLimits = IPCLimits(), allowed: @escaping @Sendable (PeerCredentials) -> Bool,
        notice: @escaping @Sendable (IPCServerNotice) -> Void = { _ in }, service: Service
    ) {
        self.loop = loop
        self.limits = limits
        self.allowed = allowed
        self.notice = notice
        self.service = service
        scratch = .allocate(byteCount: 64 * 1024, alignment: 16)
    }

    deinit {
        scratch.deallocate()
    }

    /// Accepts connections from a Unix socket that is bound and listening, close-on-exec and non-blocking. It is closed with the server.
    ///
    /// - Returns: closes this one socket again; the server goes on with its others.
    @discardableResult
    package func listen(descriptor: consuming Descriptor) -> @Sendable () -> Void {
        let listener = SocketListener(loop: loop, socket: descriptor) { [notice] in
            switch $0 {
            case .paused(let reason): notice(.acceptPaused(reason: reason))
            case .resumed: notice(.acceptResumed)
            }
        } accepted: {
            self.accepted($0)
        }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.listeners.append(listener) }
            return state.isClosed
        }
        if !isClosed { listener.start() }
        return {
            self.state.withLock { $0.listeners.removeAll { $0 === listener } }
            listener.stop()
        }
    }

    /// Requests that are being handled, or whose answers are still on their way.
    package var inFlight: Int { requests.count }

    /// Open connections, idle ones too.
    package var connections: Int { state.withLock { $0.connections.count } }

    // MARK: Ending

    /// Serves no further request: nothing more is accepted, idle connections are closed, further requests refused, what is in flight waited for.
    ///
    /// - Parameter deadline: how long to wait.
    /// - Returns: whether everything in flight has ended.
    package func drain(deadline: Duration) async -> Bool {
        end {
            $0.isDraining = true
        } each: {
            $0.drain()
        }
        return await requests.none(within: deadline, on: loop)
    }

    /// Closes everything at once; handlers are cancelled.
    package func close() {
        end {
            $0.isClosed = true
        } each: {
            $0.close()
        }
    }

    private func end(_ change: (inout State) -> Void, each: @escaping @Sendable (isolated IPCConnection<Service>) -> Void) {
        let (listeners, connections) = state.withLock { state in
            change(&state)
            defer { state.listeners = [] }
            return (state.listeners, Array(state.connections.values))
        }
        for listener in listeners { listener.stop() }
        for connection in connections {
            loop.run { connection.assumeIsolated { each($0) } }
        }
    }

    // MARK: For listeners and connections

    private func accepted(_ socket: Descriptor) {
        // A client that has gone in the meantime has no credentials any more.
        guard let peer = try? PeerCredentials.unix(socket.rawValue) else { return }
        guard allowed(peer) else { return notice(.strangerRefused(peer)) }
        let (count, isDraining, isClosed) = state.withLock { ($0.connections.count, $0.isDraining, $0.isClosed) }
        let isFull = count >= limits.connections
        if isFull {
            let isNews = state.withLock { state in
                defer { state.saidFull = true }
                return !state.saidFull
            }
            if isNews { notice(.connectionLimitReached(limits.connections)) }
        }
        // A few more are let in to be told so; beyond that the door stays shut.
        guard !isClosed, count < limits.connections + 64 else { return }
        let refusal: IPCRefusal? = isDraining ? .draining : isFull ? .overloaded(limits.connections) : nil
        let connection = IPCConnection(server: self, socket: socket, peer: peer)
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
        connection.assumeIsolated { $0.start(refusing: refusal) }
    }

    func closed(_ connection: IPCConnection<Service>) {
        state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            if state.connections.count < limits.connections * 9 / 10 { state.saidFull = false }
        }
    }

    func busyChanged(by difference: Int) {
        requests.change(by: difference)
    }
}
