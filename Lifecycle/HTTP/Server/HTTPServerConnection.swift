internal import EventLoop
internal import Glibc
internal import Platform
internal import Sockets

/// One connection of a server: performs what its machine decides.
///
/// Lives on the loop that its socket is watched on, so that a request is parsed, handled and answered in the turn in which it arrives.
/// This file is the input side and the ends of things; output is in `HTTPServerConnection+Output.swift`.
actor HTTPServerConnection {
    let loop: EventLoop
    let socket: Descriptor
    let peer: HTTPPeer
    let server: HTTPServer
    let limits: HTTPLimits

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var machine: HTTPServerConnectionMachine
    private let parser: HTTPParser

    /// What has been read and not parsed: the beginning of requests that wait for their turn.
    private var input: [UInt8] = []
    private var inputUsed = 0
    var inputEnded = false
    private var readWatch: EventLoop.Watch?
    private var isReading = true

    var output = SocketOutput()
    var writeWatch: EventLoop.Watch?
    var waitingForRoom: [ResumeOnce<Void, HTTPError>] = []
    var outputStallsAt: SuspendingClock.Instant?

    /// The request whose bytes are coming in this turn, before its handler has been started.
    private var arriving: Arrival?
    var exchange: Exchange?
    private var exchanges = 0

    /// Bytes thrown away after the end, and until when they are.
    private var lingered = 0
    private var lingersUntil: SuspendingClock.Instant?
    private var deadline: (kind: HTTPServerConnectionMachine.Deadline, at: SuspendingClock.Instant)?
    private var alarm = Alarm()
    private var countsAsBusy = false
    private var isTornDown = false

    private struct Arrival {
        let head: HTTPMessageHead
        let checks: HTTPRequestChecks
        var body: [UInt8] = []
    }

    /// What the machine's exchange needs of the outside. An object, since looking at one field of a value copies them all, for each piece of a body.
    final class Exchange {
        let number: Int
        var pipe: HTTPBodyPipe?
        /// The reader of the body has enough for now.
        var isPaused = false
        var task: Task<Void, Never>?
        var writer: HTTPBodyWriter?

        init(number: Int) {
            self.number = number
        }
    }

    init(server: HTTPServer, socket: Descriptor, peer: HTTPPeer, refusing: HTTPRefusal?) {
        self.server = server
        self.socket = socket
        self.peer = peer
        loop = server.loop
        limits = server.limits
        machine = HTTPServerConnectionMachine(
            bodyLimit: server.limits.bodyBytes, discardLimit: server.limits.bufferBytes, refusing: refusing)
        parser = HTTPParser(.request, headBytes: server.limits.headBytes, headFields: server.limits.headFields)
    }

    func start() {
        readWatch = loop.watch(socket.rawValue, for: .readable) {
            self.assumeIsolated { $0.socketReadable() }
        }
        settle()
    }

    // MARK: Input

    private func socketReadable() {
        let buffer = server.scratch
        let count = read(socket.rawValue, buffer.baseAddress, buffer.count)
        if count > 0 {
            received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 {
            inputEnded = true
            applyEndOfInput()
        } else if errno != EAGAIN && errno != EINTR {
            machine.aborted()
        }
        settle()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        switch machine.deadline {
        case .body: deadline = nil  // progress: it starts again
        case .linger:
            lingered += bytes.count
            if lingered > limits.bodyBytes { machine.aborted() } else { deadline = nil }
            return
        case .idle, .head, nil: break
        }
        guard machine.state != .closing else { return }
        guard input.isEmpty else {
            input.append(contentsOf: bytes)
            return
        }
        let used = parse(bytes)
        if used < bytes.count {
            input.append(contentsOf: bytes[used...])
        }
    }

    /// Goes on with what has been read before.
    func parsePending() {
        // Even without bytes: the end of a message may be what its reader had no room for.
        let pending = input
        inputUsed += pending.withUnsafeBytes { parse(UnsafeRawBufferPointer(rebasing: $0[inputUsed...])) }
        if inputUsed == input.count {
            input = []
            inputUsed = 0
        }
        applyEndOfInput()
    }

    /// The end of input counts once everything before it has been used.
    private func applyEndOfInput() {
        guard inputEnded, input.isEmpty || machine.isEnding else { return }
        switch machine.inputEnded() {
        case .abort, .nothing:
            break
        case .cancelHandler:
            exchange?.writer?.markGone()
            exchange?.task?.cancel()
        }
    }

    /// Takes what the machine wants, and starts the handler of what has come.
    ///
    /// - Returns: how much has been used.
    private func parse(_ bytes: UnsafeRawBufferPointer) -> Int {
        var used = 0
        do throws(HTTPSyntaxError) {
            while machine.wantsInput, exchange?.isPaused != true, output.count <= limits.bufferBytes {
                let (step, count) = try parser.step(UnsafeRawBufferPointer(rebasing: bytes[used...]))
                used += count
                guard take(step) else { break }
            }
        } catch {
            perform(machine.inputBroke(error))
        }
        startHandler(bodyIsComplete: false)
        return used
    }

    /// - Returns: whether there may be more.
    private func take(_ step: HTTPParser.Step) -> Bool {
        switch step {
        case .needsMore:
            if parser.isInMessage {
                machine.headBegan()
            }
            return false
        case .head(let head):
            switch machine.headCame(head) {
            case .serve(let checks):
                arriving = Arrival(head: head, checks: checks)
                if checks.expectsContinue {
                    startHandler(bodyIsComplete: false)
                }
            case .refuse(let refusal):
                refuse(refusal)
            }
        case .body(let bytes):
            take(bytes)
        case .end:
            startHandler(bodyIsComplete: true)
            exchange?.pipe?.finish()
            if machine.requestCame() {
                exchange = nil
            }
        }
        return true
    }

    private func take(_ bytes: [UInt8]) {
        switch machine.bodyCame(bytes.count) {
        case .deliver:
            if arriving != nil {
                arriving?.body += bytes
            } else if let pipe = exchange?.pipe {
                exchange?.isPaused = !pipe.push(bytes)
            }
        case .discard, .abort:
            break
        case .finish:
            flush()
        case .refuse(let refusal):
            refuse(refusal)
        }
    }

    private func perform(_ outcome: HTTPServerConnectionMachine.FailureOutcome) {
        if case .refuse(let refusal) = outcome {
            refuse(refusal)
        }
    }

    /// The server's own answer instead of the handler's.
    private func refuse(_ refusal: HTTPRefusal) {
        arriving = nil
        if let exchange {
            exchange.pipe?.fail(HTTPError(refusal.status == .contentTooLarge ? .tooLarge : .malformed, refusal.message))
            exchange.task?.cancel()
        }
        exchange = nil
        send(refusal)
    }

    // MARK: The handler

    private func startHandler(bodyIsComplete: Bool) {
        guard let arrival = arriving else { return }
        arriving = nil
        exchanges += 1
        let number = exchanges
        let started = Exchange(number: number)
        let body: HTTPBody
        if bodyIsComplete {
            body = HTTPBody(arrival.body)
        } else {
            let pipe = HTTPBodyPipe(capacity: limits.bufferBytes, loop: loop) { [weak self] demand in
                self?.assumeIsolated { $0.bodyDemanded(demand, by: number) }
            }
            if !arrival.body.isEmpty {
                started.isPaused = !pipe.push(arrival.body)
            }
            started.pipe = pipe
            body = HTTPBody(pipe: pipe)
        }
        let request = HTTPRequest(
            method: arrival.head.method, target: arrival.head.target, path: arrival.checks.target.path, query: arrival.checks.target.query,
            headers: arrival.head.headers, body: body, peer: peer)
        started.task = Task(executorPreference: loop) {
            await self.serve(request, number)
        }
        exchange = started
    }

    private func serve(_ request: HTTPRequest, _ number: Int) async {
        let response = await server.handler(request)
        await respond(response, number)
    }

    private func bodyDemanded(_ demand: HTTPBodyPipe.Demand, by number: Int) {
        guard exchange?.number == number else { return }
        switch demand {
        case .more:
            if machine.bodyWanted() {
                output.append(HTTPSerializer.pleaseContinue)
                flush()
            }
        case .none:
            exchange?.pipe = nil
        }
        if exchange?.isPaused == true {
            exchange?.isPaused = false
            parsePending()
        }
        settle()
    }

    // MARK: Ends

    /// No further request is to be served.
    func drain() {
        _ = machine.drain()
        settle()
    }

    /// Cuts the connection.
    func close() {
        machine.aborted()
        settle()
    }

    /// Brings watches, deadlines and the server's counts in line with the machine, at the end of every event.
    func settle() {
        if machine.state == .closed {
            tearDown()
        }
        guard !isTornDown else { return }
        if machine.isEnding {
            input = []
            inputUsed = 0
        }
        if machine.isBusy != countsAsBusy {
            countsAsBusy = machine.isBusy
            server.busyChanged(by: countsAsBusy ? 1 : -1)
        }
        let mayRead = !inputEnded && input.count - inputUsed < limits.bufferBytes && exchange?.isPaused != true
        if mayRead != isReading {
            isReading = mayRead
            if mayRead {
                readWatch?.resume()
            } else {
                readWatch?.pause()
            }
        }
        setDeadline()
    }

    private func setDeadline() {
        let kind = exchange?.isPaused == true ? nil : machine.deadline
        guard kind != nil || outputStallsAt != nil else {
            deadline = nil
            return
        }
        let now = SuspendingClock.now
        if let kind {
            if deadline?.kind != kind {
                deadline = (kind, now + duration(of: kind))
                if kind == .linger {
                    let end = lingersUntil ?? now + Self.longestLinger
                    lingersUntil = end
                    deadline = (kind, min(now + duration(of: kind), end))
                }
            }
        } else {
            deadline = nil
        }
        var next = deadline?.at ?? outputStallsAt
        if let stall = outputStallsAt, let other = next, stall < other {
            next = stall
        }
        if let next, !alarm.isSet(for: next) {
            alarm.set(for: next, now: now, on: loop) {
                self.assumeIsolated { $0.alarmRang() }
            }
        }
    }

    /// A client that has its answer may go on sending so long, though not without a pause.
    private static let longestLinger: Duration = .seconds(30)

    private func duration(of kind: HTTPServerConnectionMachine.Deadline) -> Duration {
        switch kind {
        case .idle, .body: limits.idleTime
        case .head: limits.headTime
        case .linger: .seconds(2)
        }
    }

    private func alarmRang() {
        alarm.rang()
        let now = SuspendingClock.now
        if let outputStallsAt, outputStallsAt <= now {
            machine.aborted()
        } else if let deadline, deadline.at <= now {
            self.deadline = nil
            perform(machine.deadlinePassed(deadline.kind))
        }
        settle()
    }

    private func tearDown() {
        guard !isTornDown else { return }
        isTornDown = true
        let gone = HTTPError(.closed, "the client closed the connection")
        exchange?.writer?.markGone()
        exchange?.pipe?.fail(gone)
        exchange?.task?.cancel()
        exchange = nil
        arriving = nil
        for waiter in waitingForRoom {
            waiter.resume(with: .failure(gone))
        }
        waitingForRoom = []
        readWatch?.cancel()
        writeWatch?.cancel()
        alarm.cancel()
        socket.close()
        if countsAsBusy {
            server.busyChanged(by: -1)
        }
        server.closed(self)
    }
}
