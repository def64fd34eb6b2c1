package import EventLoop
internal import Glibc
package import Platform
internal import Sockets

/// One connection to an IPC server. Requests may be sent without waiting for the answers of those before; answers come in their order.
package actor IPCClient<Request: Encodable & Sendable, Response: Decodable & Sendable> {
    private typealias Waiter = ResumeOnce<Response, IPCError>

    private let loop: EventLoop
    private let socket: Descriptor
    private var machine: FrameMachine
    private var output = SocketOutput()
    private var waiting: [Waiter] = []
    private var readWatch: EventLoop.Watch?
    private var writeWatch: EventLoop.Watch?
    private var failure: IPCError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Talks over a Unix socket that is connected, close-on-exec and non-blocking.
    ///
    /// - Parameter answerBytes: the largest answer that is taken.
    package init(socket: Descriptor, loop: EventLoop = .shared, answerBytes: Int = 16 << 20) {
        self.socket = socket
        self.loop = loop
        machine = FrameMachine(limit: answerBytes)
    }

    deinit {
        readWatch?.cancel()
        writeWatch?.cancel()
    }

    /// Sends a request and waits for its answer. A deadline that passes, or a caller that gives up, closes the connection: an answer may still be
    /// on its way.
    ///
    /// - Throws: `malformed` if the request cannot be written, `timeout`, `closed`, `cancelled`, `mismatch` for an answer that cannot be read.
    package func send(_ request: Request, within limit: Duration = .seconds(5)) async throws(IPCError) -> Response {
        if let failure { throw failure }
        let frame = FrameMachine.frame(of: try ValueEncoder.encode(request))
        let waiter = Waiter()
        waiting.append(waiter)
        output.append(frame)
        flush()
        if readWatch == nil, failure == nil {
            // The socket is captured because the last owner may let go of the client anywhere.
            readWatch = loop.watch(socket.rawValue, for: .readable) { [weak self, socket] in
                withExtendedLifetime(socket) { self?.assumeIsolated { $0.socketReadable() } }
            }
        }
        let timer = loop.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.fail(IPCError(.timeout, "no answer within \(limit)")) }
        }
        defer { timer.cancel() }
        let result = await waiter.result { [weak self] in
            guard let self else { return }
            self.loop.run { self.assumeIsolated { $0.fail(IPCError(.cancelled, "waiting for an answer was cancelled")) } }
        }
        return try result.get()
    }

    /// Closes the connection.
    package func close() {
        fail(IPCError(.closed, "the connection is closed"))
    }

    private func socketReadable() {
        // Not zeroed: that would cost more than reading an answer.
        let (count, failure) = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = read(socket.rawValue, buffer.baseAddress, buffer.count)
            if count > 0 { machine.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
            return (count, count < 0 ? errno : 0)
        }
        if count == 0 {
            machine.end()
        } else if count < 0, failure != EAGAIN, failure != EINTR {
            return fail(IPCError(.closed, "the connection broke: \(SystemError.text(of: failure))"))
        }
        while self.failure == nil, let event = machine.next() { take(event) }
        if count == 0 { fail(IPCError(.closed, "the server closed the connection before it answered")) }
    }

    private func take(_ event: FrameMachine.Event) {
        guard case .message(let body, .frames) = event else {
            return fail(IPCError(.malformed, "the server sent what is no answer"))
        }
        guard !waiting.isEmpty else { return fail(IPCError(.malformed, "the server sent an answer that nobody asked for")) }
        let waiter = waiting.removeFirst()
        do throws(IPCError) {
            waiter.resume(with: .success(try ValueDecoder.decode(from: try MessagePack.value(of: body))))
        } catch {
            waiter.resume(with: .failure(error))
        }
    }

    private func flush() {
        guard socket.isOpen else { return }
        switch output.write(to: socket.rawValue) {
        case .drained:
            writeWatch?.cancel()
            writeWatch = nil
        case .blocked:
            guard writeWatch == nil else { return }
            writeWatch = loop.watch(socket.rawValue, for: .writable) { [weak self, socket] in
                withExtendedLifetime(socket) { self?.assumeIsolated { $0.flush() } }
            }
        case .failed:
            // What the server had to say before it closed may still be there to be read; the end of input closes.
            output.removeAll()
            writeWatch?.cancel()
            writeWatch = nil
        }
    }

    private func fail(_ error: IPCError) {
        guard failure == nil else { return }
        failure = error
        readWatch?.cancel()
        writeWatch?.cancel()
        readWatch = nil
        writeWatch = nil
        socket.close()
        for waiter in waiting { waiter.resume(with: .failure(error)) }
        waiting = []
    }
}
