internal import EventLoop
internal import Glibc
internal import Platform
internal import Sockets

/// One connection of a client: performs what its machine decides. Lives on the client's loop.
///
/// This file is the exchange and its ends; the socket is in `HTTPClientConnection+Socket.swift`.
actor HTTPClientConnection {
    let loop: EventLoop
    let socket: Descriptor
    let pool: HTTPClientPool
    let options: HTTPClientOptions

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var machine = HTTPClientConnectionMachine()
    let parser: HTTPParser

    var input: [UInt8] = []
    var readWatch: EventLoop.Watch?
    var isReading = true
    /// The server sends no more.
    var readEnded = false
    var output = SocketOutput()
    var writeWatch: EventLoop.Watch?
    var waitingForRoom: [ResumeOnce<Void, HTTPError>] = []
    /// The server takes no more of the request; its answer may still come.
    var outputIsBroken = false

    var exchange: Exchange?
    private var exchanges = 0
    private var alarm = Alarm()
    private var idleUntil: SuspendingClock.Instant?
    /// How long the server says that it keeps the connection.
    var keptFor: Duration?
    private var isTornDown = false

    /// What the machine's exchange needs of the outside. An object, since looking at one field of a value copies them all, for each piece of a body.
    final class Exchange {
        let number: Int
        /// Dropping a client closes its connections, but not under whoever still reads.
        let client: HTTPClient
        let response: ResumeOnce<HTTPClientResponse, HTTPError>
        var deadline: SuspendingClock.Instant?
        let span: HTTPClientRequest.Span
        /// The head and the beginning of a body that came in the same turn.
        var arrived: (head: HTTPMessageHead, body: [UInt8])?
        var pipe: HTTPBodyPipe?
        /// The reader of the body has enough for now.
        var isPaused = false
        var task: Task<Void, Never>?
        var writer: HTTPBodyWriter?
        /// How much of a streamed body with a length is still to be written.
        var bodyLeft: Int?

        init(
            number: Int, client: HTTPClient, response: ResumeOnce<HTTPClientResponse, HTTPError>, deadline: SuspendingClock.Instant?,
            span: HTTPClientRequest.Span
        ) {
            self.number = number
            self.client = client
            self.response = response
            self.deadline = deadline
            self.span = span
        }
    }

    init(pool: HTTPClientPool, socket: Descriptor) {
        self.pool = pool
        self.socket = socket
        loop = pool.loop
        options = pool.options
        parser = HTTPParser(.response, headBytes: pool.options.headBytes, headFields: 1024)
    }

    func start() {
        readWatch = loop.watch(socket.rawValue, for: .readable) {
            self.assumeIsolated { $0.socketReadable() }
        }
    }

    // MARK: An exchange

    /// Whether it can take a request: idle, and not closed by the server in the meantime, which the loop may not have seen yet.
    func isFree() -> Bool {
        guard !isTornDown, machine.state == .idle else { return false }
        var byte: UInt8 = 0
        return recv(socket.rawValue, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends a request on a free connection.
    ///
    /// - Parameter client: kept until the response's body has been read or dropped.
    /// - Returns: the number to abort the exchange by, and its response, once the head has come. That fails with `closedBeforeResponse`,
    ///   `closed`, `malformed`, `tooLarge`, `deadlineExceeded`, or the error it is aborted with.
    func begin(
        _ request: HTTPClientRequest, until deadline: SuspendingClock.Instant, for client: HTTPClient
    ) -> (number: Int, response: ResumeOnce<HTTPClientResponse, HTTPError>) {
        let response = ResumeOnce<HTTPClientResponse, HTTPError>()
        guard !isTornDown, machine.requestBegan() else {
            response.resume(with: .failure(HTTPError(.closedBeforeResponse, message(for: .closedBeforeResponse))))
            return (exchanges, response)
        }
        exchanges += 1
        idleUntil = nil
        exchange = Exchange(number: exchanges, client: client, response: response, deadline: deadline, span: request.deadlineSpan)
        parser.answersHead = request.method == .head
        setAlarm()
        var head: [UInt8] = []
        head.reserveCapacity(512)
        switch request.content {
        case .bytes(let body):
            let framing: HTTPFraming? = body.isEmpty ? (request.method.expectsBody ? HTTPFraming.none : nil) : .length(body.count)
            HTTPSerializer.request(request.method, request.target, host: pool.host, request.headers, framing: framing, into: &head)
            if body.count <= SocketOutput.worthJoining {
                head += body
                output.append(head)
            } else {
                output.append(head)
                output.append(body)
            }
            perform(machine.requestSent())
        case .stream(let length, let body):
            let framing: HTTPFraming = length.map { .length($0) } ?? .chunked
            HTTPSerializer.request(request.method, request.target, host: pool.host, request.headers, framing: framing, into: &head)
            output.append(head)
            stream(body, length: length)
        }
        flush()
        return (exchanges, response)
    }

    private func stream(_ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void, length: Int?) {
        let number = exchanges
        let writer = HTTPBodyWriter(sink: self, exchange: number)
        exchange?.bodyLeft = length
        exchange?.writer = writer
        exchange?.task = Task(executorPreference: loop) {
            do {
                try await body(writer)
                await self.bodyEnded(number)
            } catch {
                await self.bodyFailed(
                    number,
                    (error as? HTTPError) ?? HTTPError(.cancelled, "the request's body could not be written: \(error)", underlying: error))
            }
        }
    }

    private func bodyEnded(_ number: Int) {
        guard exchange?.number == number else { return }
        switch exchange?.bodyLeft {
        case nil:
            output.append(HTTPSerializer.lastChunk)
        case 0?:
            break
        case let missing?:
            abort(number, HTTPError(.invalid, "the request's body is \(missing) bytes shorter than announced"))
            return
        }
        exchange?.task = nil
        perform(machine.requestSent())
        flush()
    }

    private func bodyFailed(_ number: Int, _ error: HTTPError) {
        // A server that takes no more may have answered: what there is to read tells.
        if !outputIsBroken {
            abort(number, error)
        }
    }

    // MARK: What the machine says

    func perform(_ outcome: HTTPClientConnectionMachine.Outcome) {
        switch outcome {
        case .nothing:
            break
        case .release:
            finishExchange()
            // Gone before the server goes, so that the two seldom cross.
            let kept = keptFor.map { max(.zero, $0 - .seconds(1)) } ?? options.idleTime
            idleUntil = SuspendingClock.now + min(kept, options.idleTime)
            setAlarm()
            pool.assumeIsolated { $0.released(self) }
        case .close:
            finishExchange()
            tearDown()
        case .fail(let code):
            fail(HTTPError(code, message(for: code)))
        }
    }

    private func message(for code: HTTPError.Code) -> String {
        switch code {
        case .closedBeforeResponse: "\(pool.endpoint) closed the connection without an answer"
        case .closed: "\(pool.endpoint) closed the connection in the middle of its answer"
        default: "\(pool.endpoint) did not answer in HTTP/1.1"
        }
    }

    private func finishExchange() {
        exchange?.writer?.markGone()
        exchange?.task?.cancel()
        exchange = nil
    }

    /// Ends the exchange, if there is one, and the connection.
    func fail(_ error: HTTPError) {
        exchange?.response.resume(with: .failure(error))
        exchange?.pipe?.fail(error)
        finishExchange()
        tearDown()
    }

    /// Ends one exchange, unless it has ended already, and the connection with it.
    func abort(_ number: Int, _ error: HTTPError) {
        guard exchange?.number == number, machine.aborted() else { return }
        fail(error)
    }

    /// Cuts the connection.
    func close(_ error: HTTPError) {
        _ = machine.aborted()
        fail(error)
    }

    // MARK: Deadlines and the end

    private func setAlarm() {
        guard let next = exchange?.deadline ?? idleUntil, !alarm.isSet(for: next) else { return }
        alarm.set(for: next, now: SuspendingClock.now, on: loop) {
            self.assumeIsolated { $0.alarmRang() }
        }
    }

    private func alarmRang() {
        alarm.rang()
        let now = SuspendingClock.now
        if let exchange {
            if let deadline = exchange.deadline, deadline <= now {
                abort(exchange.number, HTTPError(.deadlineExceeded, "\(pool.endpoint) did not answer in time"))
            }
        } else if let idleUntil, idleUntil <= now {
            close(.serverGone)
        }
        if !isTornDown {
            setAlarm()
        }
    }

    private func tearDown() {
        guard !isTornDown else { return }
        isTornDown = true
        for waiter in waitingForRoom {
            waiter.resume(with: .failure(.serverGone))
        }
        waitingForRoom = []
        readWatch?.cancel()
        writeWatch?.cancel()
        alarm.cancel()
        socket.close()
        pool.assumeIsolated { $0.closed(self) }
    }
}

extension HTTPError {
    static let serverGone = HTTPError(.closed, "the server closed the connection")
}

extension HTTPMethod {
    /// Whether a request of this method says that it has no body, rather than nothing (RFC 9110 §8.6).
    fileprivate var expectsBody: Bool { self == .post || self == .put || self == .patch }
}
