/// A request to send.
package struct HTTPClientRequest: Sendable {
    /// The body, or who writes it.
    package enum Content: Sendable {
        case bytes([UInt8])
        /// Called once the head is on its way. With a length exactly that much must be written; without one it is sent in chunks.
        case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
    }

    /// What a deadline is for.
    package enum Span: Sendable {
        /// All of it, to the last byte of the response's body.
        case exchange
        /// Until the response's head is there; its body may take as long as it likes. For event streams.
        case head
    }

    package var method: HTTPMethod
    /// Path and query, percent-encoded, beginning with "/".
    package var target: String
    /// `Host` and the framing fields are added.
    package var headers: HTTPHeaders
    package var content: Content
    package var deadlineSpan: Span

    package init(
        method: HTTPMethod = .get, target: String, headers: HTTPHeaders = [:], content: Content = .bytes([]),
        deadlineSpan: Span = .exchange
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.content = content
        self.deadlineSpan = deadlineSpan
    }

    /// A request with a value as its JSON body.
    ///
    /// - Throws: `invalid` if the value cannot be encoded.
    package static func json(
        _ value: some Encodable, method: HTTPMethod = .post, target: String, headers: HTTPHeaders = [:], deadlineSpan: Span = .exchange
    ) throws(HTTPError) -> HTTPClientRequest {
        var headers = headers
        headers["Content-Type"] = "application/json"
        do {
            let body = try JSONBody.encode(value)
            return HTTPClientRequest(
                method: method, target: target, headers: headers, content: .bytes(body), deadlineSpan: deadlineSpan)
        } catch {
            throw HTTPError(.invalid, "the request cannot be encoded as JSON", underlying: error)
        }
    }
}

/// A response whose head has come.
package struct HTTPClientResponse: Sendable {
    package let status: HTTPStatus
    package let headers: HTTPHeaders
    /// Read it to the end, and the connection is used again; drop it, and the connection is closed.
    package let body: HTTPBody

    package init(status: HTTPStatus, headers: HTTPHeaders = [:], body: HTTPBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Reads the body to its end. See ``HTTPBody/collect(upTo:)``.
    package func collectBody(upTo limit: Int = 16 * 1024 * 1024) async throws(HTTPError) -> [UInt8] {
        try await body.collect(upTo: limit)
    }

    /// Reads the body and decodes it as JSON.
    ///
    /// - Throws: `undecodable` with what was expected where, and what reading the body throws.
    package func decode<T: Decodable>(_ type: T.Type = T.self, upTo limit: Int = 16 * 1024 * 1024) async throws(HTTPError) -> T {
        try JSONBody.decode(type, from: try await collectBody(upTo: limit))
    }
}
