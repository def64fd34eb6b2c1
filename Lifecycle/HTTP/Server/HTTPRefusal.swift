/// The answer that a server gives by itself, after which it closes the connection.
struct HTTPRefusal: Equatable {
    let status: HTTPStatus
    let code: String
    let message: String
    /// Seconds after which trying again makes sense.
    var retryAfter: Int?

    init(_ status: HTTPStatus, _ code: String, _ message: String, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    init(_ error: HTTPSyntaxError) {
        let code: String =
            switch error.status {
            case .headerFieldsTooLarge, .contentTooLarge: "too_large"
            case .notImplemented: "not_implemented"
            case .versionNotSupported: "version_not_supported"
            case .expectationFailed: "expectation_failed"
            default: "malformed"
            }
        self.init(error.status, code, error.message)
    }

    static let draining = HTTPRefusal(.serviceUnavailable, "draining", "the server is shutting down", retryAfter: 1)
    static let overloaded = HTTPRefusal(.serviceUnavailable, "overloaded", "too many connections", retryAfter: 1)

    static func tooLarge(limit: Int) -> HTTPRefusal {
        HTTPRefusal(.contentTooLarge, "too_large", "the body is larger than \(limit) bytes")
    }

    static func tooSlow(_ what: String) -> HTTPRefusal {
        HTTPRefusal(.requestTimeout, "timeout", "\(what) did not come in time")
    }

    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let retryAfter {
            headers.add("Retry-After", String(retryAfter))
        }
        return headers
    }

    /// With the fields that clients of OpenAI's API expect besides: a refusal comes before it is known which path was meant.
    var body: [UInt8] {
        JSONBody.error(code: code, message: message, type: status.code < 500 ? "invalid_request_error" : "server_error")
    }
}
