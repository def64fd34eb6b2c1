/// What is wrong with bytes that should have been HTTP, and what a server answers to them.
struct HTTPSyntaxError: Error, Equatable {
    let status: HTTPStatus
    let message: String

    init(_ status: HTTPStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ message: String) {
        self.init(.badRequest, message)
    }

    /// The same for whoever reads the message.
    var httpError: HTTPError {
        HTTPError(status == .headerFieldsTooLarge || status == .contentTooLarge ? .tooLarge : .malformed, message)
    }
}
