/// What the server's connection machine keeps of an exchange, and what it answers to events.
extension HTTPServerConnectionMachine {
    /// One request and its response.
    struct Exchange: Equatable {
        enum Request: Equatable {
            /// The client waits for our word before it sends the body. Can become `receiving`.
            case expectingContinue
            /// The body is coming, or its absence is about to be known. Can become `complete`.
            case receiving
            case complete
        }

        enum Response: Equatable {
            /// The handler is at work. Can become `streaming`, `complete`.
            case pending
            /// The head is out, the body is being written. Can become `complete`.
            case streaming(HTTPFraming)
            case complete
        }

        /// The length of the body that the head announced.
        let announced: Int?
        var request: Request
        var response = Response.pending
        let minorVersion: Int
        let isHead: Bool
        var keepsAlive: Bool
        var received = 0
        /// What came after the response was complete.
        var discarded = 0
    }

    /// What to do about a head.
    enum HeadOutcome: Equatable {
        case serve(HTTPRequestChecks)
        case refuse(HTTPRefusal)
    }

    /// What to do about bytes of a body.
    enum BodyOutcome: Equatable {
        /// To whoever reads the body.
        case deliver
        case discard
        /// The response is complete and the rest not worth reading: close once all is written.
        case finish
        /// Stop the handler and answer this instead.
        case refuse(HTTPRefusal)
        /// Stop the handler, if there still is one, and close at once.
        case abort
    }

    /// What to do about a client at fault.
    enum FailureOutcome: Equatable {
        /// Stop the handler, if there is one, and answer this instead.
        case refuse(HTTPRefusal)
        /// Stop the handler, if there is one, and close at once.
        case abort
        case nothing
    }

    /// What to do about the end of input.
    enum EndOutcome: Equatable {
        /// Close at once, and stop the handler, if there is one.
        case abort
        /// The client is probably gone: tell the handler, but still send what it answers.
        case cancelHandler
        case nothing
    }

    /// What to do after a response.
    enum ResponseOutcome: Equatable {
        /// The request is not complete: what is left of it is read and thrown away.
        case discardRest
        case nextRequest
        /// Close once all is written.
        case finish
        case nothing
    }

    /// How a response is to be sent.
    struct ResponsePlan: Equatable {
        /// What the head says of the body; `nil` for nothing.
        let framing: HTTPFraming?
        /// The value of `Connection`.
        let connection: Connection?
        let sendsBody: Bool

        enum Connection: Equatable {
            case close
            /// Said to HTTP/1.0 only, which closes otherwise.
            case keepAlive
        }
    }
}
