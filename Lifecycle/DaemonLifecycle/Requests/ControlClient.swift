internal import DaemonContract
internal import EventLoop
internal import HTTP
internal import Platform

/// Talks to one daemon over the control socket in its run directory.
struct ControlClient: Sendable {
    private let files: DaemonFiles
    private let client: HTTPClient

    init(_ files: DaemonFiles, loop: EventLoop) {
        self.files = files
        // Through the directory's descriptor: however long the path is, and whatever it leads through by now.
        client = HTTPClient(loop: loop, endpoint: .unix(path: files.directory.procPath(files.socket)))
    }

    /// Asks who is there and how it is.
    func inquire(within limit: Duration) async throws(LifecycleError) -> (info: DaemonInfo, health: HealthStatus) {
        defer { client.close() }
        let info: DaemonInfo = try await exchange(DaemonRequest("GET", DaemonPath.info, timeout: limit))
        let answer = try await answer(DaemonRequest("GET", DaemonPath.health, timeout: limit))
        if answer.status == .ok { return (info, (try? ContractJSON.decode(HealthStatus.self, from: answer.body)) ?? .healthy) }
        let error = try? ContractJSON.decode(ErrorBody.self, from: answer.body)
        return (info, .unhealthy(reason: error?.error.message ?? "status \(answer.status.code)"))
    }

    /// Asks the daemon to end. A daemon that drains already has accepted.
    ///
    /// - Parameter nonce: which run of the daemon is meant; another one that answers is not asked.
    /// - Throws: `identityMismatch` when another one answered.
    func shutdown(_ request: ShutdownRequest, ifNonce nonce: String, within limit: Duration) async throws(LifecycleError) {
        defer { client.close() }
        let end = SuspendingClock.now + limit
        let info: DaemonInfo = try await exchange(DaemonRequest("GET", DaemonPath.info, timeout: limit))
        guard info.nonce == nonce else {
            throw LifecycleError(
                .identityMismatch, "something else answers on the socket of \(files.id): \(info.name), process \(info.pid)",
                daemon: files.id.description, pid: info.pid)
        }
        do throws(LifecycleError) {
            let _: ShutdownReply = try await exchange(
                DaemonRequest("POST", DaemonPath.shutdown, body: try json(request), timeout: max(.milliseconds(1), end - .now)))
        } catch {
            // A daemon may be gone before its answer is: whoever asked sees its end.
            guard error.code == .unreachable else { throw error }
        }
    }

    func get<Reply: Decodable & Sendable>(_ path: String) async throws(LifecycleError) -> Reply {
        defer { client.close() }
        return try await exchange(DaemonRequest("GET", path, timeout: Self.patience))
    }

    func post<Reply: Decodable & Sendable>(_ path: String, body: some Encodable) async throws(LifecycleError) -> Reply {
        defer { client.close() }
        return try await exchange(DaemonRequest("POST", path, body: try json(body), timeout: Self.patience))
    }

    func put<Reply: Decodable & Sendable>(_ path: String, body: some Encodable) async throws(LifecycleError) -> Reply {
        defer { client.close() }
        return try await exchange(DaemonRequest("PUT", path, body: try json(body), timeout: Self.patience))
    }

    func delete(_ path: String) async throws(LifecycleError) {
        defer { client.close() }
        let answer = try await answer(DaemonRequest("DELETE", path, timeout: Self.patience))
        try check(answer.status, answer.body)
    }

    private static let patience: Duration = .seconds(5)

    private func json(_ value: some Encodable) throws(LifecycleError) -> [UInt8] {
        do {
            return try ContractJSON.encode(value)
        } catch {
            throw LifecycleError(.invalidArgument, error.message, daemon: files.id.description, underlying: error)
        }
    }

    private func exchange<Reply: Decodable>(_ request: DaemonRequest) async throws(LifecycleError) -> Reply {
        let answer = try await answer(request)
        try check(answer.status, answer.body)
        do {
            return try ContractJSON.decode(Reply.self, from: answer.body)
        } catch {
            throw LifecycleError(
                .foreign, "the answer of \(files.id) to \(request.path) is none of a daemon's: \(error.message)",
                daemon: files.id.description,
                underlying: error)
        }
    }

    private func check(_ status: HTTPStatus, _ body: [UInt8]) throws(LifecycleError) {
        guard !(200..<300).contains(status.code) else { return }
        let said = try? ContractJSON.decode(ErrorBody.self, from: body)
        throw LifecycleError(
            .refused, "\(files.id) refused: \(said?.error.message ?? "status \(status.code)")", daemon: files.id.description)
    }

    private func answer(_ request: DaemonRequest) async throws(LifecycleError) -> (status: HTTPStatus, body: [UInt8]) {
        do throws(HTTPError) {
            let response = try await client.send(HTTPClientRequest(request), deadline: request.timeout)
            return (response.status, try await response.collectBody(upTo: 4 << 20))
        } catch {
            throw LifecycleError(error, daemon: files.id)
        }
    }

    /// Sends a request whose answer is read as it comes.
    func send(_ request: DaemonRequest) async throws(LifecycleError) -> DaemonResponse {
        do throws(HTTPError) {
            var exchange = HTTPClientRequest(request)
            exchange.deadlineSpan = .head
            let response = try await client.send(exchange, deadline: request.timeout)
            let id = files.id
            let reader = BodyReader(response.body, client: client, daemon: id)
            let isDraining = response.status.code == 503 && response.headers["retry-after"] != nil
            return DaemonResponse(
                status: response.status.code, body: DaemonResponseBody { () throws(LifecycleError) in try await reader.next() },
                isDraining: isDraining)
        } catch {
            throw LifecycleError(error, daemon: files.id)
        }
    }
}

/// Keeps the connection while its answer is read.
private actor BodyReader {
    private var iterator: HTTPBody.AsyncIterator
    private let client: HTTPClient
    private let daemon: DaemonID

    init(_ body: HTTPBody, client: HTTPClient, daemon: DaemonID) {
        iterator = body.makeAsyncIterator()
        self.client = client
        self.daemon = daemon
    }

    func next() async throws(LifecycleError) -> [UInt8]? {
        do throws(HTTPError) {
            // One reader at a time, as everywhere with bodies: the copy is put back before the next call.
            var reading = iterator
            let part = try await reading.next()
            iterator = reading
            if let part { return part }
        } catch {
            throw LifecycleError(error, daemon: daemon)
        }
        client.close()
        return nil
    }
}

extension HTTPClientRequest {
    fileprivate init(_ request: DaemonRequest) {
        self.init(method: HTTPMethod(rawValue: request.method), target: request.path, content: .bytes(request.body))
        if !request.body.isEmpty { headers["Content-Type"] = "application/json" }
    }
}

extension LifecycleError {
    /// A request that did not come through.
    fileprivate init(_ error: HTTPError, daemon: DaemonID) {
        let code: Code =
            switch error.code {
            case .refused, .noSuchSocket: .notRunning
            case .deadlineExceeded: .timedOut
            case .cancelled: .cancelled
            default: .unreachable
            }
        self.init(code, "\(daemon) does not answer: \(error.message)", daemon: daemon.description, underlying: error)
    }
}
