/// Decides what one connection of a client does: no I/O, no clock. What happened goes in, what to do comes out.
struct HTTPClientConnectionMachine {
    enum State: Equatable {
        /// Free for a request. Can become `exchanging`, `closed`.
        case idle
        /// Can become `idle`, `closed`.
        case exchanging(Exchange)
        case closed
    }

    /// One request and its response.
    struct Exchange: Equatable {
        enum Response: Equatable {
            /// Nothing of the response has come. Can become `arriving`, `body`.
            case awaited
            /// Part of a head, or an interim response, has come. Can become `body`.
            case arriving
            /// The head has come. Can become `complete`.
            case body
            case complete
        }

        var requestIsSent = false
        var response = Response.awaited
        var keepsAlive = true
    }

    private(set) var state = State.idle
    private(set) var served = 0

    /// Whether bytes can be made use of.
    var wantsInput: Bool {
        switch state {
        case .exchanging(let exchange): exchange.response != .complete
        case .idle, .closed: false
        }
    }

    /// Whether a request ends on this connection that was not its first.
    var isReused: Bool { served > 1 }

    /// A request begins.
    ///
    /// - Returns: false, and nothing has happened, unless the connection is idle.
    mutating func requestBegan() -> Bool {
        guard case .idle = state else { return false }
        served += 1
        state = .exchanging(Exchange())
        return true
    }

    enum Outcome: Equatable {
        case nothing
        /// The connection can serve another request.
        case release
        /// The exchange is over, and so is the connection.
        case close
        /// The exchange has failed, and the connection with it.
        case fail(HTTPError.Code)
    }

    /// The last byte of the request has been given out.
    mutating func requestSent() -> Outcome {
        guard case .exchanging(var exchange) = state else { return .nothing }
        exchange.requestIsSent = true
        state = .exchanging(exchange)
        return finishIfDone()
    }

    /// Bytes have come while a response was awaited.
    mutating func responseBegan() {
        guard case .exchanging(var exchange) = state, exchange.response == .awaited else { return }
        exchange.response = .arriving
        state = .exchanging(exchange)
    }

    enum HeadOutcome: Equatable {
        case deliver
        /// An interim response: the real one follows.
        case ignore
        case fail(HTTPError.Code)
    }

    mutating func headCame(_ head: HTTPMessageHead) -> HeadOutcome {
        guard case .exchanging(var exchange) = state else { return .ignore }
        if head.status.code < 200 {
            // Nobody here has asked for another protocol.
            guard head.status.code != 101 else {
                state = .closed
                return .fail(.malformed)
            }
            return .ignore
        }
        exchange.response = .body
        exchange.keepsAlive = head.keepsAlive
        state = .exchanging(exchange)
        return .deliver
    }

    /// The response is complete.
    mutating func responseCame() -> Outcome {
        guard case .exchanging(var exchange) = state, exchange.response == .body else { return .nothing }
        exchange.response = .complete
        // A server that answers before it has heard everything does not want the rest.
        if !exchange.requestIsSent {
            exchange.keepsAlive = false
        }
        exchange.requestIsSent = true
        state = .exchanging(exchange)
        return finishIfDone()
    }

    private mutating func finishIfDone() -> Outcome {
        guard case .exchanging(let exchange) = state, exchange.requestIsSent, exchange.response == .complete else { return .nothing }
        state = exchange.keepsAlive ? .idle : .closed
        return exchange.keepsAlive ? .release : .close
    }

    /// The server sends no more, or the socket has failed.
    mutating func inputEnded() -> Outcome {
        defer { state = .closed }
        switch state {
        case .idle: return .close
        case .exchanging(let exchange):
            switch exchange.response {
            case .awaited: return .fail(.closedBeforeResponse)
            case .arriving, .body: return .fail(.closed)
            case .complete: return .close
            }
        case .closed: return .nothing
        }
    }

    /// What has come is not what may come.
    mutating func inputBroke() -> Outcome {
        defer { state = .closed }
        switch state {
        case .idle: return .close
        case .exchanging: return .fail(.malformed)
        case .closed: return .nothing
        }
    }

    /// Nobody wants the response any more, or it took too long.
    ///
    /// - Returns: whether that ended an exchange.
    mutating func aborted() -> Bool {
        defer { state = .closed }
        if case .exchanging = state { return true }
        return false
    }
}
