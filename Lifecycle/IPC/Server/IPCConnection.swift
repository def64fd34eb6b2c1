internal import EventLoop
internal import Glibc
internal import Platform
internal import Sockets

/// How far a connection has come. Not within its type, which is generic: whatever is in there is looked up by the runtime each time it is used.
private enum IPCPhase {
    /// Messages are taken. Can become `draining`, `refused`, `closed`.
    case serving
    /// What is being answered is finished, what has come after it refused. Can become `refused`, `closed`.
    case draining
    /// Nothing is taken any more. Whatever comes is thrown away, so that the other side can send to its end, read the last answer and not find
    /// the connection reset. Can become `closed`.
    case refused
    /// The end.
    case closed
}

/// What ends a connection unless something happens before.
private enum IPCDeadline { case message, write, linger }

/// One connection of an IPC server: its messages are answered one after the other, each answer in one write.
actor IPCConnection<Service: IPCService> {
    private let loop: EventLoop
    private let socket: Descriptor
    private let peer: PeerCredentials
    private let server: IPCServer<Service>
    private let limits: IPCLimits

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var phase = IPCPhase.serving
    private var machine: FrameMachine
    private var inputEnded = false
    private var discarded = 0
    private var readWatch: EventLoop.Watch?
    private var isReading = true

    private var output = SocketOutput()
    private var writeWatch: EventLoop.Watch?

    /// Answers what is there; nil while there is nothing.
    private var serving: Task<Void, Never>?
    private var countsAsBusy = false

    private var deadline: (kind: IPCDeadline, at: SuspendingClock.Instant)?
    private var alarm = Alarm()

    /// How much is thrown away of a client that does not stop sending, in bytes.
    private static var lingerBytes: Int { 16 << 20 }

    init(server: IPCServer<Service>, socket: Descriptor, peer: PeerCredentials) {
        self.server = server
        self.socket = socket
        self.peer = peer
        loop = server.loop
        limits = server.limits
        machine = FrameMachine(limit: server.limits.messageBytes)
    }

    func start(refusing refusal: IPCRefusal?) {
        readWatch = loop.watch(socket.rawValue, for: .readable) {
            self.assumeIsolated { $0.socketReadable() }
        }
        if let refusal { refuse(refusal, .frames) }
        settle()
    }

    // MARK: Input

    private func socketReadable() {
        let buffer = server.scratch
        let count = Glibc.read(socket.rawValue, buffer.baseAddress, buffer.count)
        if count > 0 {
            received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 {
            inputEnded = true
            machine.end()
            serve()
        } else if errno != EAGAIN && errno != EINTR {
            phase = .closed
        }
        settle()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .refused else {
            discarded += bytes.count
            if discarded > Self.lingerBytes { phase = .closed }
            return
        }
        machine.receive(bytes)
        serve()
    }

    /// Answers what is there, unless that is being done.
    private func serve() {
        guard serving == nil, phase == .serving || phase == .draining, let first = machine.next() else { return }
        deadline = nil
        serving = Task(executorPreference: loop) { await self.serve(first) }
    }

    private func serve(_ first: FrameMachine.Event) async {
        var next: FrameMachine.Event? = first
        while let event = next {
            await answer(event)
            guard phase == .serving || phase == .draining else { break }
            next = machine.next()
        }
        serving = nil
        settle()
    }

    private func answer(_ event: FrameMachine.Event) async {
        switch event {
        case .message(let body, let form):
            guard phase == .serving else { return refuse(.draining, form) }
            await answer(body, form)
        case .tooLarge(let length, let form):
            let size = length.map { "has \($0)" } ?? "has more than \(limits.messageBytes)"
            refuse(.malformed("the message \(size) bytes; at most \(limits.messageBytes) are taken"), form)
        case .cutShort(let form):
            refuse(.malformed("the connection was closed in the middle of a message"), form)
        }
    }

    private func answer(_ body: [UInt8], _ form: FrameMachine.Form) async {
        let value: MessageValue
        do throws(IPCError) {
            value = try read(body, form)
        } catch {
            return refuse(.malformed(error.message), form)
        }
        let response: Service.Response
        do throws(IPCError) {
            let request = try ValueDecoder.decode(Service.Request.self, from: value)
            response = await server.service.handle(request, from: peer)
        } catch {
            response = server.service.answer(to: .unknown(error.message))
        }
        guard phase == .serving || phase == .draining else { return }
        send(response, form)
    }

    private func read(_ body: [UInt8], _ form: FrameMachine.Form) throws(IPCError) -> MessageValue {
        // As MessagePack these would be small numbers, which are no request.
        let isJSON = body.first == UInt8(ascii: "{") || body.first == UInt8(ascii: "[")
        return isJSON || form == .lines
            ? try JSONText.value(of: body, limits: limits.message) : try MessagePack.value(of: body, limits: limits.message)
    }

    // MARK: Output

    private func send(_ response: Service.Response, _ form: FrameMachine.Form) {
        do throws(IPCError) {
            output.append(try bytes(of: response, form))
        } catch {
            let apology = try? bytes(of: server.service.answer(to: .unanswerable(error.message)), form)
            output.append(apology ?? [])
        }
        flush()
    }

    private func bytes(of response: Service.Response, _ form: FrameMachine.Form) throws(IPCError) -> [UInt8] {
        let value = try ValueEncoder.encode(response)
        switch form {
        case .frames:
            return FrameMachine.frame(of: value)
        case .lines:
            return try JSONText.bytes(of: value) + [UInt8(ascii: "\n")]
        }
    }

    /// Says why, and takes nothing more.
    private func refuse(_ refusal: IPCRefusal, _ form: FrameMachine.Form) {
        phase = .refused
        send(server.service.answer(to: refusal), form)
    }

    private func flush() {
        guard socket.isOpen else { return }
        let before = output.count
        switch output.write(to: socket.rawValue) {
        case .drained:
            if deadline?.kind == .write { deadline = nil }
            writeWatch?.cancel()
            writeWatch = nil
        case .blocked:
            if output.count < before || deadline?.kind != .write { deadline = (.write, .now + limits.writeTime) }
            if writeWatch == nil {
                writeWatch = loop.watch(socket.rawValue, for: .writable) {
                    self.assumeIsolated {
                        $0.flush()
                        $0.settle()
                    }
                }
            }
        case .failed:
            output.removeAll()
            phase = .closed
        }
    }

    // MARK: Ends

    /// No further request is to be served.
    func drain() {
        if phase == .serving { phase = .draining }
        settle()
    }

    /// Cuts the connection.
    func close() {
        phase = .closed
        settle()
    }

    private var isQuiet: Bool { serving == nil && output.isEmpty }

    /// Brings watches, deadlines and the server's counts in line with what has become of the connection, at the end of every event.
    private func settle() {
        if isQuiet {
            switch phase {
            case .serving where inputEnded, .draining where inputEnded, .refused where inputEnded: phase = .closed
            case .draining where !machine.isWithinMessage:
                phase = .refused
                return settle()
            case .refused where deadline?.kind != .linger:
                shutdown(socket.rawValue, Int32(SHUT_WR))
                deadline = (.linger, .now + limits.lingerTime)
            case .serving, .draining, .refused, .closed: break
            }
        }
        guard phase != .closed else { return tearDown() }
        let isBusy = serving != nil || !output.isEmpty
        if isBusy != countsAsBusy {
            countsAsBusy = isBusy
            server.busyChanged(by: isBusy ? 1 : -1)
        }
        let mayRead =
            !inputEnded && (phase == .refused || serving == nil || machine.buffered < limits.messageBytes)
            && output.count < limits.messageBytes
        if mayRead != isReading {
            isReading = mayRead
            if mayRead { readWatch?.resume() } else { readWatch?.pause() }
        }
        setDeadline()
    }

    private func setDeadline() {
        if serving == nil, phase == .serving || phase == .draining, output.isEmpty {
            if !machine.isWithinMessage {
                deadline = nil
            } else if deadline?.kind != .message {
                deadline = (.message, .now + limits.messageTime)
            }
        }
        guard let deadline else { return alarm.cancel() }
        if !alarm.isSet(for: deadline.at) {
            alarm.set(for: deadline.at, now: .now, on: loop) { self.assumeIsolated { $0.alarmRang() } }
        }
    }

    private func alarmRang() {
        alarm.rang()
        if let deadline, deadline.at <= .now {
            self.deadline = nil
            switch deadline.kind {
            case .message: refuse(.stalled(limits.messageTime), machine.form)
            case .write, .linger: phase = .closed
            }
        }
        settle()
    }

    private func tearDown() {
        guard socket.isOpen else { return }
        serving?.cancel()
        readWatch?.cancel()
        writeWatch?.cancel()
        alarm.cancel()
        socket.close()
        if countsAsBusy { server.busyChanged(by: -1) }
        countsAsBusy = false
        server.closed(self)
    }
}
