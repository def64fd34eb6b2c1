internal import EventLoop
internal import Glibc
internal import Platform
internal import Sockets

extension HTTPServerConnection: HTTPBodySink {
    // MARK: Responses

    /// Sends what a handler has answered.
    func respond(_ response: HTTPResponse, _ number: Int) async {
        guard exchange?.number == number else { return }
        if let field = response.headers.firstUnsendable() {
            respond(
                .error(.internalServerError, code: "internal", message: "a header field cannot be sent: \(field.name.debugDescription)"))
            return
        }
        switch response.content {
        case .bytes:
            respond(response)
        case .stream(let body):
            await stream(response, body, number)
        }
    }

    /// A response that is all there goes out in one write.
    private func respond(_ response: HTTPResponse) {
        guard case .bytes(let body) = response.content, let plan = machine.responseBegan(response.status, length: body.count) else {
            return
        }
        var bytes = head(response, plan, reserving: body.count <= SocketOutput.worthJoining ? body.count : 0)
        if !plan.sendsBody {
            output.append(bytes)
        } else if body.count <= SocketOutput.worthJoining {
            bytes += body
            output.append(bytes)
        } else {
            output.append(bytes)
            output.append(body)
        }
        responseEnded()
    }

    private func head(_ response: HTTPResponse, _ plan: HTTPServerConnectionMachine.ResponsePlan, reserving count: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + count)
        let connection: StaticString? =
            switch plan.connection {
            case .close: "close"
            case .keepAlive: "keep-alive"
            case nil: nil
            }
        HTTPSerializer.response(
            response.status, response.headers, framing: plan.framing, connection: connection, date: server.date.now(), into: &bytes)
        return bytes
    }

    /// The server's own answer; the connection closes after it.
    func send(_ refusal: HTTPRefusal) {
        let body = refusal.body
        let response = HTTPResponse(status: refusal.status, headers: refusal.headers, content: .bytes(body))
        let plan = HTTPServerConnectionMachine.ResponsePlan(framing: .length(body.count), connection: .close, sendsBody: true)
        output.append(head(response, plan) + body)
        flush()
    }

    private func responseEnded() {
        switch machine.responseEnded() {
        case .nextRequest:
            exchange = nil
            flush()
            parsePending()
        case .discardRest:
            exchange?.task = nil
            exchange?.writer = nil
            exchange?.pipe = nil
            exchange?.isPaused = false
            flush()
            parsePending()
        case .finish:
            exchange = nil
            flush()
        case .nothing:
            break
        }
        settle()
    }

    // MARK: Streams

    private func stream(
        _ response: HTTPResponse, _ body: @Sendable (HTTPBodyWriter) async throws -> Void, _ number: Int
    ) async {
        guard let plan = machine.responseBegan(response.status, length: nil) else { return }
        output.append(head(response, plan))
        guard plan.sendsBody else {
            responseEnded()
            return
        }
        let writer = HTTPBodyWriter(sink: self, exchange: number)
        if inputEnded {
            writer.markGone()
        }
        exchange?.writer = writer
        // The head waits until the end of the turn for the first piece of the body to go with it.
        loop.execute { [weak self] in
            self?.assumeIsolated {
                $0.flush()
                $0.settle()
            }
        }
        do {
            try await body(writer)
            streamEnded(number)
        } catch {
            streamFailed(number)
        }
    }

    func write(_ bytes: [UInt8], _ number: Int) async throws(HTTPError) {
        guard exchange?.number == number, exchange?.writer?.isClientGone == false, let framing = machine.streamFraming else {
            throw HTTPError(.closed, "the client closed the connection")
        }
        append(bytes, framing)
        flush()
        settle()
        while output.count > limits.bufferBytes {
            try await room()
        }
    }

    private func append(_ bytes: [UInt8], _ framing: HTTPFraming) {
        guard framing == .chunked else {
            output.append(bytes)
            return
        }
        output.append(chunk: bytes)
    }

    /// Waits until the client has taken most of what is on its way.
    private func room() async throws(HTTPError) {
        let waiter = ResumeOnce<Void, HTTPError>()
        waitingForRoom.append(waiter)
        let result = await waiter.result {
            waiter.resume(with: .failure(HTTPError(.cancelled, "writing a body was cancelled")))
        }
        try result.get()
    }

    private func streamEnded(_ number: Int) {
        guard exchange?.number == number, let framing = machine.streamFraming else { return }
        if framing == .chunked {
            output.append(HTTPSerializer.lastChunk)
        }
        responseEnded()
    }

    private func streamFailed(_ number: Int) {
        guard exchange?.number == number, machine.streamFraming != nil else { return }
        machine.responseFailed()
        settle()
    }

    // MARK: The socket

    /// Gives the socket what it takes, and waits for it to take the rest.
    func flush() {
        guard socket.isOpen else { return }
        let before = output.count
        switch output.write(to: socket.rawValue) {
        case .drained:
            outputStallsAt = nil
            writeWatch?.cancel()
            writeWatch = nil
            if machine.outputDrained() {
                shutdown(socket.rawValue, Int32(SHUT_WR))
                if inputEnded {
                    machine.aborted()
                }
            }
        case .blocked:
            if output.count < before || outputStallsAt == nil {
                outputStallsAt = SuspendingClock.now + limits.idleTime
            }
            if writeWatch == nil {
                writeWatch = loop.watch(socket.rawValue, for: .writable) {
                    self.assumeIsolated { $0.socketWritable() }
                }
            }
        case .failed:
            output.removeAll()
            machine.aborted()
        }
        if output.count <= limits.bufferBytes / 2 {
            for waiter in waitingForRoom {
                waiter.resume(with: .success(()))
            }
            waitingForRoom = []
        }
    }

    private func socketWritable() {
        let wasFull = output.count > limits.bufferBytes
        flush()
        if wasFull, output.count <= limits.bufferBytes {
            parsePending()
        }
        settle()
    }
}
