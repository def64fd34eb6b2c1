internal import EventLoop
internal import Glibc
internal import Platform

/// The connections of one client: opens, hands out, takes back. Lives on the client's loop.
actor HTTPClientPool {
    let loop: EventLoop
    let endpoint: HTTPEndpoint
    let options: HTTPClientOptions
    /// The value of `Host`.
    let host: String

    nonisolated(unsafe) let scratch: UnsafeMutableRawBufferPointer  // made in init; its bytes are for the loop's thread only
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var machine: HTTPPoolMachine<ObjectIdentifier>
    private var connections: [ObjectIdentifier: HTTPClientConnection] = [:]
    private var waiting: [Int: ResumeOnce<HTTPClientConnection?, HTTPError>] = [:]
    private var requests = 0
    private var isClosed = false

    init(loop: EventLoop, endpoint: HTTPEndpoint, options: HTTPClientOptions) {
        self.loop = loop
        self.endpoint = endpoint
        self.options = options
        host =
            switch endpoint {
            case .tcp(let host, let port): HTTPAddress(host: host, port: port).description
            case .unix: "localhost"
            }
        scratch = .allocate(byteCount: 64 * 1024, alignment: 16)
        machine = HTTPPoolMachine(limit: options.connections, idleLimit: options.idleConnections)
    }

    deinit {
        scratch.deallocate()
    }

    // MARK: Requests

    /// Sends a request on a connection that is free, or on a new one, and waits for the head of the response.
    ///
    /// It is sent again, once, only if it may be: an idempotent request with a body that is all there, on a connection that had been used
    /// before and that ended without a byte of an answer.
    ///
    /// - Parameter client: kept until the response's body has been read or dropped.
    func send(
        _ request: HTTPClientRequest, until deadline: SuspendingClock.Instant, for client: HTTPClient
    ) async throws(HTTPError) -> HTTPClientResponse {
        let first = try await acquire(until: deadline, fresh: false)
        do throws(HTTPError) {
            return try await exchange(request, on: first.connection, until: deadline, for: client)
        } catch {
            guard error.code == .closedBeforeResponse, first.isReused, request.mayBeRepeated else { throw error }
        }
        let second = try await acquire(until: deadline, fresh: true)
        return try await exchange(request, on: second.connection, until: deadline, for: client)
    }

    private func exchange(
        _ request: HTTPClientRequest, on connection: HTTPClientConnection, until deadline: SuspendingClock.Instant, for client: HTTPClient
    ) async throws(HTTPError) -> HTTPClientResponse {
        let (number, response) = begin(request, on: connection, until: deadline, for: client)
        let result = await response.result {
            loop.run {
                connection.assumeIsolated { $0.abort(number, HTTPError(.cancelled, "the request was cancelled")) }
            }
        }
        return try result.get()
    }

    /// In one step with having found the connection free.
    private func begin(
        _ request: HTTPClientRequest, on connection: HTTPClientConnection, until deadline: SuspendingClock.Instant, for client: HTTPClient
    ) -> (number: Int, response: ResumeOnce<HTTPClientResponse, HTTPError>) {
        connection.assumeIsolated { $0.begin(request, until: deadline, for: client) }
    }

    private func acquire(
        until deadline: SuspendingClock.Instant, fresh: Bool
    ) async throws(HTTPError) -> (connection: HTTPClientConnection, isReused: Bool) {
        while true {
            guard !isClosed else { throw .clientClosed }
            requests += 1
            let request = requests
            switch machine.acquire(request, fresh: fresh) {
            case .use(let id):
                if let connection = connections[id], claim(connection) {
                    return (connection, true)
                }
            case .open:
                return (try await open(until: deadline), false)
            case .replace(let id):
                discard(id)
                return (try await open(until: deadline), false)
            case .wait:
                guard let connection = try await wait(request, until: deadline) else {
                    return (try await open(until: deadline), false)
                }
                if claim(connection) {
                    return (connection, true)
                }
            }
        }
    }

    /// A place has been taken in the machine; it is given back if opening fails.
    private func open(until deadline: SuspendingClock.Instant) async throws(HTTPError) -> HTTPClientConnection {
        let result = await connect(until: deadline)
        switch result {
        case .success(let socket) where !isClosed:
            return adopt(socket)
        case .success:
            leave(nil)
            throw .clientClosed
        case .failure(let error):
            leave(nil)
            throw error
        }
    }

    private func adopt(_ socket: Descriptor) -> HTTPClientConnection {
        let connection = HTTPClientConnection(pool: self, socket: socket)
        connections[ObjectIdentifier(connection)] = connection
        connection.assumeIsolated { $0.start() }
        return connection
    }

    /// Whether a connection that should be free really is; if not, it is closed.
    private func claim(_ connection: HTTPClientConnection) -> Bool {
        if connection.assumeIsolated({ $0.isFree() }) {
            return true
        }
        connection.assumeIsolated { $0.close(.serverGone) }
        return false
    }

    /// Closes an idle connection whose place is that of another one already.
    private func discard(_ id: ObjectIdentifier) {
        // Taken out first, so that its end makes no room for a second one.
        connections.removeValue(forKey: id)?.assumeIsolated { $0.close(.serverGone) }
    }

    private func connect(until deadline: SuspendingClock.Instant) async -> Result<Descriptor, HTTPError> {
        do {
            let left = max(.zero, deadline - SuspendingClock.now)
            return .success(
                try await loop.withDeadline(left) { [loop, endpoint] in
                    try await HTTPConnector(loop: loop).connect(to: endpoint)
                })
        } catch let error as HTTPError {
            return .failure(error)
        } catch is DeadlineExceeded {
            return .failure(HTTPError(.deadlineExceeded, "no connection to \(endpoint) in time"))
        } catch {
            return .failure(HTTPError(.cancelled, "connecting to \(endpoint) was cancelled"))
        }
    }

    /// - Returns: a connection that has become free, or `nil` if one may be opened.
    private func wait(_ request: Int, until deadline: SuspendingClock.Instant) async throws(HTTPError) -> HTTPClientConnection? {
        let turn = ResumeOnce<HTTPClientConnection?, HTTPError>()
        waiting[request] = turn
        let timer = loop.schedule(after: deadline - SuspendingClock.now) {
            self.assumeIsolated { $0.giveUp(request, HTTPError(.deadlineExceeded, "no connection to \($0.endpoint) became free in time")) }
        }
        let result = await turn.result {
            loop.run {
                self.assumeIsolated { $0.giveUp(request, HTTPError(.cancelled, "waiting for a connection was cancelled")) }
            }
        }
        timer.cancel()
        return try result.get()
    }

    private func giveUp(_ request: Int, _ error: HTTPError) {
        guard let turn = waiting.removeValue(forKey: request) else { return }
        machine.gaveUp(request)
        turn.resume(with: .failure(error))
    }

    // MARK: For connections

    func released(_ connection: HTTPClientConnection) {
        switch machine.released(ObjectIdentifier(connection)) {
        case .keep:
            break
        case .close:
            connections[ObjectIdentifier(connection)] = nil
            connection.assumeIsolated { $0.close(.serverGone) }
        case .give(let request):
            waiting.removeValue(forKey: request)?.resume(with: .success(connection))
        }
    }

    func closed(_ connection: HTTPClientConnection) {
        let id = ObjectIdentifier(connection)
        if connections.removeValue(forKey: id) != nil {
            leave(id)
        }
    }

    private func leave(_ connection: ObjectIdentifier?) {
        if let next = machine.closed(connection) {
            waiting.removeValue(forKey: next)?.resume(with: .success(nil))
        }
    }

    func close() {
        isClosed = true
        for (request, turn) in waiting {
            machine.gaveUp(request)
            turn.resume(with: .failure(.clientClosed))
        }
        waiting = [:]
        for connection in connections.values {
            connection.assumeIsolated { $0.close(.clientClosed) }
        }
    }
}

extension HTTPError {
    fileprivate static let clientClosed = HTTPError(.stopped, "the HTTP client has been closed")
}

extension HTTPClientRequest {
    /// Whether sending it a second time is harmless and possible.
    fileprivate var mayBeRepeated: Bool {
        guard case .bytes = content else { return false }
        return method.isIdempotent
    }
}
