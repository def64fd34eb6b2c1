internal import HTTP

extension OpenAIAnswer {
    /// The answer as HTTP sends it.
    ///
    /// - Parameter done: called once nothing more of it is produced.
    func response(done: @escaping @Sendable () -> Void = {}) -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": contentType]
        if status == 503 { headers["Retry-After"] = "1" }
        switch body {
        case .bytes(let bytes):
            done()
            return HTTPResponse(status: HTTPStatus(status), headers: headers, content: .bytes(bytes))
        case .stream(let write):
            headers["Cache-Control"] = "no-store"
            return HTTPResponse(
                status: HTTPStatus(status), headers: headers,
                content: .stream { writer in
                    defer { done() }
                    try await write { try await writer.write($0) }
                })
        }
    }
}
