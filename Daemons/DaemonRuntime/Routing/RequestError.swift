internal import DaemonContract
package import DaemonLifecycle
internal import HTTP
package import OperationContract

/// A request that is answered with an error: its status, a stable word for programs and a sentence for people.
package struct RequestError: Error, Sendable, CustomStringConvertible {
    package var status: Int
    package var code: String
    package var message: String
    /// The parameter of an OpenAI request that is at fault, where there is one.
    package var param: String?
    /// Headers that go with it: `Allow`, `Retry-After`, `WWW-Authenticate`.
    package var headers: [(name: String, value: String)]

    package init(
        _ status: Int, _ code: String, _ message: String, param: String? = nil, headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = headers
    }

    /// An error of OpenAI's API.
    package init(_ error: OpenAIError) {
        self.init(error.status, error.code ?? error.type, error.message, param: error.param)
    }

    /// Why another daemon could not be started, found or stopped.
    package init(_ error: LifecycleError) {
        switch error.code {
        case .invalidArgument: self = .bad(error.message, code: error.code.description)
        case .cancelled: self = .unavailable(error.message, code: error.code.description)
        default: self.init(502, error.code.description, error.message)
        }
    }

    package var description: String { message }

    /// 400: the request cannot be understood, or asks for what cannot be.
    package static func bad(_ message: String, code: String = "bad_request") -> RequestError {
        RequestError(400, code, message)
    }

    /// 401: a token or key is needed.
    package static func unauthorized(_ message: String) -> RequestError {
        RequestError(401, "unauthorized", message, headers: [("WWW-Authenticate", "Bearer")])
    }

    /// 403: not for whoever asks.
    package static func forbidden(_ message: String, code: String = "forbidden") -> RequestError {
        RequestError(403, code, message)
    }

    /// 404: there is no such thing.
    package static func notFound(_ message: String) -> RequestError {
        RequestError(404, "not_found", message)
    }

    /// 405: the path is there, the method is not.
    package static func methodNotAllowed(_ method: String, allowed: [String]) -> RequestError {
        let list = allowed.joined(separator: ", ")
        return RequestError(405, "method_not_allowed", "\(method) is not allowed here: expected \(list)", headers: [("Allow", list)])
    }

    /// 409: not in the state things are in.
    package static func conflict(_ message: String, code: String = "conflict") -> RequestError {
        RequestError(409, code, message)
    }

    /// 503: not now.
    package static func unavailable(_ message: String, code: String = "unavailable", retryAfter seconds: Int = 1) -> RequestError {
        RequestError(503, code, message, headers: [("Retry-After", String(seconds))])
    }

    /// 503: the daemon is ending; whoever asks starts or finds another one.
    package static let draining = unavailable("the daemon is draining; ask again in a moment", code: "draining")

    /// 503: the daemon is coming up.
    package static let starting = unavailable("the daemon is starting; ask again in a moment", code: "starting")

    /// What a handler threw, as an answer. Whatever is not known to be the caller's fault is a 500.
    init(_ error: any Error) {
        switch error {
        case let error as RequestError: self = error
        case let error as OpenAIError: self.init(error)
        case let error as ErrorBody: self.init(500, error.error.code, error.error.message)
        case let error as ContractError: self = .bad(error.description)
        case let error as LifecycleError: self.init(error)
        case let error as HTTPError: self.init(error.status.code, error.code.name, error.message)
        case let error as LifetimeMachine.Refusal: self.init(error)
        case let error as JobRegistry.Refusal: self.init(error)
        case is CancellationError: self = .unavailable("the request was cancelled", code: "cancelled")
        default: self.init(500, "internal", "\(error)")
        }
    }

    private init(_ error: LifetimeMachine.Refusal) {
        switch error {
        case .ending: self = .draining
        case .unknownLease: self = .notFound("there is no such lease; it may have expired: take a new one")
        case .tooManyLeases: self = .unavailable("too many leases are held", code: "too_many_leases", retryAfter: 10)
        case .badDuration: self = .bad("the lease's duration must be more than 0 and at most a day", code: "bad_duration")
        case .badHolder: self = .bad("the lease's holder must be 1 to 128 bytes", code: "bad_holder")
        }
    }

    private init(_ error: JobRegistry.Refusal) {
        switch error {
        case .ending: self = .draining
        case .tooMany: self = .unavailable("too many jobs are at work", code: "too_many_jobs", retryAfter: 5)
        }
    }

    /// The answer, in the shape that belongs to the path.
    func response(isOpenAI: Bool) -> HTTPResponse {
        var response = isOpenAI ? openAIResponse : .error(HTTPStatus(status), code: code, message: message)
        for header in headers { response.headers[header.name] = header.value }
        return response
    }

    private var openAIResponse: HTTPResponse {
        let type = status >= 500 ? "server_error" : "invalid_request_error"
        return .json(
            OpenAIError(status: status, message: message, type: type, param: param, code: code), status: HTTPStatus(status))
    }
}
