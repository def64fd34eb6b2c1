/// What a handler answers.
package struct HTTPResponse: Sendable {
    /// The body, or who writes it.
    package enum Content: Sendable {
        case bytes([UInt8])
        /// Called once the head is on its way. Returning ends the body; throwing cuts the connection, so that the client knows.
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    }

    package var status: HTTPStatus
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's; set here they are ignored.
    package var headers: HTTPHeaders
    package var content: Content

    package init(status: HTTPStatus = .ok, headers: HTTPHeaders = [:], content: Content = .bytes([])) {
        self.status = status
        self.headers = headers
        self.content = content
    }

    /// A value as JSON; 500 if it cannot be encoded.
    package static func json(_ value: some Encodable, status: HTTPStatus = .ok) -> HTTPResponse {
        do {
            return json(bytes: try JSONBody.encode(value), status: status)
        } catch {
            return .error(.internalServerError, code: "internal", message: "the response cannot be encoded: \(error)")
        }
    }

    /// JSON that is encoded already.
    package static func json(bytes: [UInt8], status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], content: .bytes(bytes))
    }

    package static func text(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], content: .bytes(Array(text.utf8)))
    }

    /// `{"error":{"code":…,"message":…}}`
    package static func error(_ status: HTTPStatus, code: String, message: String) -> HTTPResponse {
        json(bytes: JSONBody.error(code: code, message: message), status: status)
    }

    /// The answer to a request that failed for the client's reasons: its body too large, not JSON, cut off.
    package static func error(_ error: HTTPError) -> HTTPResponse {
        .error(error.status, code: error.code.name, message: error.message)
    }

    /// A stream of server-sent events.
    package static func events(_ body: @escaping @Sendable (SSEWriter) async throws -> Void) -> HTTPResponse {
        HTTPResponse(
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store"],
            content: .stream { try await body(SSEWriter($0)) })
    }
}

/// Answers one request.
///
/// Runs on the server's loop, in a task that is cancelled when the client disconnects.
package typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse
