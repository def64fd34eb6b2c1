extension HTTPEndpoint {
    /// The endpoint that a base URL names: `http://host[:port][/]` or `unix:///path/to/socket`.
    ///
    /// - Returns: nil for anything else, `https` and paths behind the authority among it.
    package init?(url: String) {
        if let path = url.removingPrefix("unix://") {
            guard path.hasPrefix("/"), path.utf8.count > 1 else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard var authority = url.removingPrefix("http://") else { return nil }
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/?#@".contains($0) }) else { return nil }
        var host = authority
        var port: UInt16 = 80
        let colon =
            authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : authority.firstIndex(of: ":")
        if let colon, colon < authority.endIndex {
            guard authority[colon] == ":", let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { return nil }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: String(host), port: Int(port))
    }
}

extension HTTPEndpoint {
    /// What an `http` URL names: whom to ask, and for what. A fragment is for whoever reads the answer.
    ///
    /// - Returns: nil for any other URL.
    package static func split(url: String) -> (endpoint: HTTPEndpoint, target: String)? {
        guard let rest = url.removingPrefix("http://") else { return nil }
        let authority = rest.prefix { !"/?#".contains($0) }
        let target = rest.dropFirst(authority.count).prefix { $0 != "#" }
        guard let endpoint = HTTPEndpoint(url: "http://\(authority)") else { return nil }
        return (endpoint, target.hasPrefix("/") ? String(target) : "/\(target)")
    }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
