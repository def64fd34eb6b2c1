internal import EventLoop
internal import Glibc
internal import Platform
internal import Sockets

extension HTTPClientConnection: HTTPBodySink {
    // MARK: Reading

    func socketReadable() {
        let buffer = pool.scratch
        let count = read(socket.rawValue, buffer.baseAddress, buffer.count)
        if count > 0 {
            received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 || errno != EAGAIN && errno != EINTR {
            readWatch?.pause()
            readEnded = true
            ended()
        }
        settle()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard exchange != nil else {
            // A server has nothing to say unasked.
            perform(machine.inputBroke())
            return
        }
        machine.responseBegan()
        guard input.isEmpty else {
            input.append(contentsOf: bytes)
            return
        }
        let used = parse(bytes)
        if used < bytes.count {
            leave(bytes[used...])
        }
    }

    /// Keeps what the reader of the body has no room for. After the end of a response there is nothing to keep.
    private func leave(_ rest: Slice<UnsafeRawBufferPointer>) {
        if exchange != nil {
            input.append(contentsOf: rest)
        } else {
            perform(machine.inputBroke())
        }
    }

    private func ended() {
        guard input.isEmpty else { return }
        do throws(HTTPSyntaxError) {
            if exchange != nil, try parser.finish() {
                deliver(bodyIsComplete: true)
                perform(machine.responseCame())
                return
            }
        } catch {
            // Cut off in the middle, which the machine knows too.
        }
        perform(machine.inputEnded())
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) -> Int {
        var used = 0
        do throws(HTTPSyntaxError) {
            while machine.wantsInput, exchange?.isPaused != true {
                let (step, count) = try parser.step(UnsafeRawBufferPointer(rebasing: bytes[used...]))
                used += count
                guard try take(step) else { break }
            }
        } catch {
            _ = machine.aborted()
            fail(error.httpError)
            return bytes.count
        }
        deliver(bodyIsComplete: false)
        return used
    }

    /// - Returns: whether there may be more.
    private func take(_ step: HTTPParser.Step) throws(HTTPSyntaxError) -> Bool {
        switch step {
        case .needsMore:
            return false
        case .head(let head):
            switch machine.headCame(head) {
            case .deliver:
                exchange?.arrived = (head, [])
                keptFor = head.headers.keepAliveTimeout
            case .ignore: break
            case .fail: throw HTTPSyntaxError("the server switches to another protocol")
            }
        case .body(let bytes):
            if exchange?.arrived != nil {
                exchange?.arrived?.body += bytes
            } else if let pipe = exchange?.pipe {
                exchange?.isPaused = !pipe.push(bytes)
            }
        case .end:
            deliver(bodyIsComplete: true)
            perform(machine.responseCame())
        }
        return true
    }

    /// Gives the head that has come to whoever waits for it; at the end of a body, the end to its reader.
    private func deliver(bodyIsComplete: Bool) {
        guard let number = exchange?.number else { return }
        guard let arrived = exchange?.arrived else {
            if bodyIsComplete {
                exchange?.pipe?.finish()
            }
            return
        }
        exchange?.arrived = nil
        if exchange?.span == .head {
            exchange?.deadline = nil
        }
        let body: HTTPBody
        if bodyIsComplete {
            body = HTTPBody(arrived.body)
        } else {
            let pipe = HTTPBodyPipe(capacity: options.bufferBytes, loop: loop) { [weak self] demand in
                self?.assumeIsolated { $0.bodyDemanded(demand, by: number) }
            }
            if !arrived.body.isEmpty {
                exchange?.isPaused = !pipe.push(arrived.body)
            }
            exchange?.pipe = pipe
            body = HTTPBody(pipe: pipe)
        }
        exchange?.response.resume(
            with: .success(HTTPClientResponse(status: arrived.head.status, headers: arrived.head.headers, body: body)))
    }

    private func bodyDemanded(_ demand: HTTPBodyPipe.Demand, by number: Int) {
        guard exchange?.number == number else { return }
        switch demand {
        case .more:
            guard exchange?.isPaused == true else { return }
            exchange?.isPaused = false
            let pending = input
            input = []
            let used = pending.withUnsafeBytes { parse($0) }
            if used < pending.count {
                pending.withUnsafeBytes { leave($0[used...]) }
            }
            if readEnded, exchange?.isPaused == false {
                ended()
            }
            settle()
        case .none:
            abort(number, HTTPError(.cancelled, "the response was dropped"))
        }
    }

    /// Reads while somebody wants to know; an idle connection too, to learn that it is gone.
    private func settle() {
        guard socket.isOpen, !readEnded else { return }
        let mayRead = exchange?.isPaused != true
        guard mayRead != isReading else { return }
        isReading = mayRead
        if mayRead {
            readWatch?.resume()
        } else {
            readWatch?.pause()
        }
    }

    // MARK: Writing

    func write(_ bytes: [UInt8], _ number: Int) async throws(HTTPError) {
        guard exchange?.number == number, !outputIsBroken else { throw .serverGone }
        if let left = exchange?.bodyLeft {
            guard bytes.count <= left else {
                throw HTTPError(.invalid, "the request's body is longer than announced")
            }
            exchange?.bodyLeft = left - bytes.count
            output.append(bytes)
        } else {
            output.append(chunk: bytes)
        }
        flush()
        while output.count > options.bufferBytes {
            try await room()
        }
    }

    private func room() async throws(HTTPError) {
        let waiter = ResumeOnce<Void, HTTPError>()
        waitingForRoom.append(waiter)
        let result = await waiter.result {
            waiter.resume(with: .failure(HTTPError(.cancelled, "writing a body was cancelled")))
        }
        try result.get()
    }

    func flush() {
        guard socket.isOpen else { return }
        switch output.write(to: socket.rawValue) {
        case .drained:
            writeWatch?.cancel()
            writeWatch = nil
        case .blocked:
            if writeWatch == nil {
                writeWatch = loop.watch(socket.rawValue, for: .writable) {
                    self.assumeIsolated { $0.flush() }
                }
            }
        case .failed:
            // The answer may have been sent before the server closed: what there is to read tells.
            outputIsBroken = true
            output.removeAll()
            writeWatch?.cancel()
            writeWatch = nil
        }
        if output.count <= options.bufferBytes / 2 {
            for waiter in waitingForRoom {
                waiter.resume(with: outputIsBroken ? .failure(.serverGone) : .success(()))
            }
            waitingForRoom = []
        }
    }
}
