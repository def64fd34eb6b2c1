/// Decides what one connection of a server does: no I/O, no clock, no handler. What happened goes in, what to do comes out.
///
/// One request at a time: the next head is not taken before the response to the last has been given out, so that pipelined requests
/// are answered in order and nothing is read that may not be needed.
struct HTTPServerConnectionMachine {
    enum State: Equatable {
        /// Between requests. Can become `readingHead`, `serving`, `closing`, `closed`.
        case idle
        /// Part of a head has come. Can become `serving`, `closing`, `closed`.
        case readingHead
        /// A request is with its handler, or what is left of its body is thrown away. Can become `idle`, `closing`, `closed`.
        case serving(Exchange)
        /// The last response is being written. Can become `lingering`, `closed`.
        case closing
        /// All is written and our half is shut; what still comes is thrown away, so that the client reads the response before it learns
        /// that the connection is gone. Can become `closed`.
        case lingering
        case closed
    }

    /// What the connection waits for, and may not wait for forever.
    enum Deadline: Equatable {
        case idle
        case head
        case body
        case linger
    }

    private(set) var state = State.idle
    private let bodyLimit: Int
    private let discardLimit: Int
    /// What every further request is answered.
    private var refusesWith: HTTPRefusal?
    /// Part of a response that is complete as far as its handler is concerned may still wait for the client to take it.
    private var hasOutput = false

    /// - Parameters:
    ///   - bodyLimit: bytes of a request's body.
    ///   - discardLimit: bytes of a body that nobody wanted, read only to keep the connection.
    ///   - refusing: the answer to whatever is asked.
    init(bodyLimit: Int, discardLimit: Int, refusing: HTTPRefusal? = nil) {
        self.bodyLimit = bodyLimit
        self.discardLimit = discardLimit
        refusesWith = refusing
    }

    /// Whether bytes of requests can be made use of.
    var wantsInput: Bool {
        switch state {
        case .idle, .readingHead: true
        case .serving(let exchange): exchange.request != .complete
        case .closing, .lingering, .closed: false
        }
    }

    /// Whether no further request will be taken.
    var isEnding: Bool {
        switch state {
        case .closing, .lingering, .closed: true
        case .idle, .readingHead, .serving: false
        }
    }

    /// Whether a response is owed or on its way.
    var isBusy: Bool {
        switch state {
        case .serving, .closing: true
        case .idle, .readingHead: hasOutput
        case .lingering, .closed: false
        }
    }

    var deadline: Deadline? {
        switch state {
        case .idle: hasOutput ? nil : refusesWith == nil ? .idle : .head
        case .readingHead: .head
        case .serving(let exchange): exchange.request == .receiving ? .body : nil
        case .lingering: .linger
        case .closing, .closed: nil
        }
    }

    // MARK: What the client sends

    /// The first bytes of a head have come, but not all of it.
    mutating func headBegan() {
        if case .idle = state {
            state = .readingHead
        }
    }

    /// A whole head has come.
    mutating func headCame(_ head: HTTPMessageHead) -> HeadOutcome {
        switch state {
        case .idle, .readingHead: break
        case .serving, .closing, .lingering, .closed:
            // Parsed is only what `wantsInput`: within a request that is its body, whose end ends the parsing too, and once it closes nothing.
            preconditionFailure("a head came in state \(state)")  // no input leads here
        }
        if let refusesWith {
            return refuse(refusesWith)
        }
        if case .length(let length) = head.framing, length > bodyLimit {
            return refuse(.tooLarge(limit: bodyLimit))
        }
        do throws(HTTPSyntaxError) {
            let checks = try HTTPRequestChecks(head)
            let announced: Int? = if case .length(let length) = head.framing { length } else { nil }
            state = .serving(
                Exchange(
                    announced: announced, request: checks.expectsContinue ? .expectingContinue : .receiving,
                    minorVersion: head.minorVersion,
                    isHead: head.method == .head, keepsAlive: head.keepsAlive))
            return .serve(checks)
        } catch {
            return refuse(HTTPRefusal(error))
        }
    }

    private mutating func refuse(_ refusal: HTTPRefusal) -> HeadOutcome {
        state = .closing
        return .refuse(refusal)
    }

    /// Bytes of the body have come.
    mutating func bodyCame(_ count: Int) -> BodyOutcome {
        guard case .serving(var exchange) = state else { return .discard }
        exchange.request = .receiving
        exchange.received += count
        let overLimit = exchange.received > bodyLimit
        switch exchange.response {
        case .pending:
            if overLimit {
                state = .closing
                return .refuse(.tooLarge(limit: bodyLimit))
            }
            state = .serving(exchange)
            return .deliver
        case .streaming:
            if overLimit {
                state = .closed
                return .abort
            }
            state = .serving(exchange)
            return .deliver
        case .complete:
            exchange.discarded += count
            if exchange.discarded > discardLimit {
                // Cut off at once, the client might never read the response that it was given.
                state = .closing
                return .finish
            }
            state = .serving(exchange)
            return .discard
        }
    }

    /// The request is complete.
    ///
    /// - Returns: whether its response is too, so that the next request can be taken.
    mutating func requestCame() -> Bool {
        guard case .serving(var exchange) = state else { return false }
        exchange.request = .complete
        if exchange.response == .complete {
            state = .idle
            return true
        }
        state = .serving(exchange)
        return false
    }

    /// What the client sends is not HTTP.
    mutating func inputBroke(_ error: HTTPSyntaxError) -> FailureOutcome {
        fail(with: HTTPRefusal(error))
    }

    /// The answer to a client at fault, as long as no other answer has begun.
    private mutating func fail(with refusal: HTTPRefusal) -> FailureOutcome {
        switch state {
        case .idle, .readingHead:
            state = .closing
            return .refuse(refusal)
        case .serving(let exchange):
            switch exchange.response {
            case .pending:
                state = .closing
                return .refuse(refusal)
            case .streaming, .complete:
                state = .closed
                return .abort
            }
        case .closing, .lingering, .closed:
            return .nothing
        }
    }

    /// The client sends no more: it is gone, or has only shut its half.
    mutating func inputEnded() -> EndOutcome {
        switch state {
        case .idle where hasOutput:
            state = .closing
            return .nothing
        case .idle, .readingHead, .lingering:
            state = .closed
            return .abort
        case .serving(var exchange):
            guard exchange.request == .complete else {
                state = .closed
                return .abort
            }
            exchange.keepsAlive = false
            state = .serving(exchange)
            return .cancelHandler
        case .closing, .closed:
            return .nothing
        }
    }

    // MARK: What the handler does

    /// The handler reads the body.
    ///
    /// - Returns: whether the client is to be told to send it.
    mutating func bodyWanted() -> Bool {
        guard case .serving(var exchange) = state, exchange.request == .expectingContinue, exchange.response == .pending else {
            return false
        }
        exchange.request = .receiving
        state = .serving(exchange)
        return true
    }

    /// The handler answers.
    ///
    /// - Parameter length: of the body, `nil` for one that is streamed.
    /// - Returns: `nil` if there is nobody to answer any more.
    mutating func responseBegan(_ status: HTTPStatus, length: Int?) -> ResponsePlan? {
        guard case .serving(var exchange) = state, exchange.response == .pending else { return nil }
        let framing: HTTPFraming?
        if status.hasNoBody {
            framing = nil
        } else if let length {
            framing = length == 0 ? HTTPFraming.none : .length(length)
        } else {
            framing = exchange.minorVersion == 1 ? .chunked : .untilClose
        }
        // Whether the client will now send the body it announced cannot be known; one that is long is not worth reading for nobody.
        let rest = exchange.request == .receiving ? (exchange.announced ?? 0) - exchange.received : 0
        if framing == .untilClose || exchange.request == .expectingContinue || rest > discardLimit || refusesWith != nil {
            exchange.keepsAlive = false
        }
        let sendsBody = !status.hasNoBody && !exchange.isHead
        exchange.response = sendsBody && length == nil ? .streaming(framing ?? .untilClose) : .pending
        hasOutput = true
        state = .serving(exchange)
        let connection: ResponsePlan.Connection? =
            exchange.keepsAlive ? (exchange.minorVersion == 0 ? .keepAlive : nil) : .close
        return ResponsePlan(framing: framing, connection: connection, sendsBody: sendsBody)
    }

    /// How the next bytes of a streamed body are sent; `nil` if there is nobody to send them to.
    var streamFraming: HTTPFraming? {
        guard case .serving(let exchange) = state, case .streaming(let framing) = exchange.response else { return nil }
        return framing
    }

    /// The response is complete.
    mutating func responseEnded() -> ResponseOutcome {
        guard case .serving(var exchange) = state else { return .nothing }
        exchange.response = .complete
        hasOutput = true
        guard exchange.keepsAlive, refusesWith == nil else {
            state = .closing
            return .finish
        }
        if exchange.request == .complete {
            state = .idle
            return .nextRequest
        }
        state = .serving(exchange)
        return .discardRest
    }

    /// The handler could not complete its response: the client learns it from the connection.
    mutating func responseFailed() {
        state = .closed
    }

    // MARK: What the server and the clock do

    /// All has been written.
    ///
    /// - Returns: whether our half is to be shut.
    mutating func outputDrained() -> Bool {
        hasOutput = false
        guard case .closing = state else { return false }
        state = .lingering
        return true
    }

    /// The connection is gone or must go.
    mutating func aborted() {
        state = .closed
    }

    /// Waiting has taken too long.
    mutating func deadlinePassed(_ deadline: Deadline) -> FailureOutcome {
        guard deadline == self.deadline else { return .nothing }
        switch deadline {
        case .idle, .linger:
            state = .closed
            return .abort
        case .head:
            return fail(with: .tooSlow("the head of the request"))
        case .body:
            return fail(with: .tooSlow("the body of the request"))
        }
    }

    /// No further request is to be served.
    ///
    /// - Returns: whether to close at once, because nothing is under way.
    mutating func drain() -> Bool {
        refusesWith = .draining
        guard case .idle = state else { return false }
        state = hasOutput ? .closing : .closed
        return !hasOutput
    }
}
