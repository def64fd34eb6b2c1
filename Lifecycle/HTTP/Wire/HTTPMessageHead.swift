/// How the end of a message's body is found.
enum HTTPFraming: Equatable {
    case none
    case length(Int)
    case chunked
    /// A response that ends with its connection.
    case untilClose
}

/// The head of a message, as parsed: start line and fields.
struct HTTPMessageHead: Equatable {
    /// 0 or 1: only HTTP/1.0 and HTTP/1.1 are read.
    var minorVersion: Int
    /// Of a request.
    var method = HTTPMethod.get
    /// Of a request.
    var target = ""
    /// Of a response.
    var status = HTTPStatus.ok
    var headers: HTTPHeaders
    var framing: HTTPFraming
    /// What the sender says or implies about the connection after this message.
    var keepsAlive: Bool
}
