public import DaemonContract

/// An error in the shape of OpenAI's API: `{"error":{"message","type","param","code"}}`, with the HTTP status it is sent under.
public struct OpenAIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status. Not part of the body.
    public var status: Int
    /// What failed and why, for people.
    public var message: String
    /// The class of error (`invalid_request_error`, `server_error`).
    public var type: String
    /// The parameter at fault, where there is one.
    public var param: String?
    /// A stable word for programs, where there is one.
    public var code: String?

    /// Makes an error.
    public init(status: Int, message: String, type: String, param: String? = nil, code: String? = nil) {
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
    }

    /// The message.
    public var description: String { message }

    /// 400: the request asks for something that cannot be.
    public static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> OpenAIError {
        OpenAIError(status: 400, message: message, type: "invalid_request_error", param: param, code: code)
    }

    /// 401: no API key, or one that is not known.
    public static func unauthorized(_ message: String) -> OpenAIError {
        OpenAIError(status: 401, message: message, type: "invalid_request_error", code: "invalid_api_key")
    }

    /// 404: there is no such model.
    public static func modelNotFound(_ model: String, hint: String? = nil) -> OpenAIError {
        let message = "The model '\(model)' does not exist here." + (hint.map { " \($0)" } ?? "")
        return OpenAIError(status: 404, message: message, type: "invalid_request_error", param: "model", code: "model_not_found")
    }

    /// 404: there is no such path.
    public static func unknownPath(method: String, path: String) -> OpenAIError {
        OpenAIError(status: 404, message: "Unknown request URL: \(method) \(path).", type: "invalid_request_error", code: "unknown_url")
    }

    /// 405: the path is there, the method is not.
    public static func methodNotAllowed(method: String, path: String) -> OpenAIError {
        OpenAIError(
            status: 405, message: "Not allowed to \(method) on \(path).", type: "invalid_request_error", code: "method_not_supported")
    }

    /// 413: the body is larger than is taken.
    public static func tooLarge(limit: Int) -> OpenAIError {
        OpenAIError(
            status: 413, message: "The request body is larger than \(limit) bytes.", type: "invalid_request_error",
            code: "request_too_large")
    }

    /// 500: something of ours failed.
    public static func server(_ message: String, code: String? = nil) -> OpenAIError {
        OpenAIError(status: 500, message: message, type: "server_error", code: code)
    }

    /// 503: not now; asking again may help.
    public static func unavailable(_ message: String, code: String? = nil) -> OpenAIError {
        OpenAIError(status: 503, message: message, type: "server_error", code: code)
    }

    /// The error of a body that could not be read as a request.
    public init(_ error: ContractError) {
        let path = error.path ?? ""
        switch error.code {
        case .missingField where !path.isEmpty:
            self = .invalid("Missing required parameter: '\(path)'.", param: path, code: "missing_required_parameter")
        case .invalidValue where !path.isEmpty:
            self = .invalid("Invalid value for '\(path)': \(error.message).", param: path, code: "invalid_value")
        default:
            self = .invalid("The JSON body of the request could not be read: \(error.message).")
        }
    }
}

extension OpenAIError: Codable {
    /// Reads a body. The status is not part of it and becomes 0; whoever received the body knows it.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Body.self).nestedContainer(keyedBy: CodingKeys.self, forKey: .error)
        status = 0
        message = try fields.decode(String.self, forKey: .message)
        type = try fields.decodeIfPresent(String.self, forKey: .type) ?? ""
        param = try fields.decodeIfPresent(String.self, forKey: .param)
        // Some servers send the status here as a number.
        code = try? fields.decodeIfPresent(String.self, forKey: .code)
    }

    /// Writes the body, with null for what is not known, as clients expect.
    public func encode(to encoder: any Encoder) throws {
        var body = encoder.container(keyedBy: Body.self)
        var fields = body.nestedContainer(keyedBy: CodingKeys.self, forKey: .error)
        try fields.encode(message, forKey: .message)
        try fields.encode(type, forKey: .type)
        try fields.encode(param, forKey: .param)
        try fields.encode(code, forKey: .code)
    }

    private enum Body: String, CodingKey {
        case error
    }

    private enum CodingKeys: String, CodingKey {
        case message, type, param, code
    }
}
