/// A request as a handler sees it.
package struct HTTPRequest: Sendable {
    package let method: HTTPMethod
    /// As it came, undecoded.
    package let target: String
    /// Percent-decoded, without the query.
    package let path: String
    /// Percent-decoded; of a key given twice the last counts.
    package let query: [String: String]
    package let headers: HTTPHeaders
    package let body: HTTPBody
    package let peer: HTTPPeer

    /// For tests of handlers; a server makes its own.
    package init(
        method: HTTPMethod = .get, target: String = "/", headers: HTTPHeaders = [:], body: HTTPBody = .empty,
        peer: HTTPPeer = .unix(uid: 0, pid: 0)
    ) {
        let parts = HTTPTarget(target, method: method)
        self.init(
            method: method, target: target, path: parts?.path ?? target, query: parts?.query ?? [:], headers: headers, body: body,
            peer: peer)
    }

    init(
        method: HTTPMethod, target: String, path: String, query: [String: String], headers: HTTPHeaders, body: HTTPBody, peer: HTTPPeer
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
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
