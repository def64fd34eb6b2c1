/// Decides who may send which request (law 11): the pure part, from what the connection and the headers say.
package struct AccessRule: Sendable {
    /// Who a request comes from.
    package enum Peer: Hashable, Sendable {
        /// A Unix socket; the kernel named the user.
        case unix(uid: UInt32)
        /// The loopback, with the user that owns the other end, where that could be found out.
        case loopback(uid: UInt32?)
        /// Another machine.
        case remote
    }

    /// What a route does, and so what it takes to be allowed.
    package enum Access: Hashable, Sendable {
        /// Whether one lives and how one is: open to whoever reaches us.
        case probe
        /// Only looks.
        case open
        /// Changes something of the daemon: over TCP the token is needed.
        case change
        /// An OpenAI path: an API key is needed if any is configured.
        case openAI
    }

    /// Why a request is refused.
    package enum Refusal: Hashable, Sendable {
        /// Another user.
        case otherUser
        /// A `Host` that is not ours.
        case host
        /// An `Origin` that is not allowed.
        case origin
        /// No token, where one is needed.
        case tokenMissing
        /// A token, and not the one.
        case tokenWrong
        /// No API key, or not one that is configured.
        case keyMissing
        case keyWrong
    }

    private let uid: UInt32
    private let keys: [[UInt8]]
    private let hosts: HostRule

    /// - Parameters:
    ///   - uid: the user this daemon serves.
    ///   - keys: API keys that are configured; none means that none is needed.
    package init(uid: UInt32, keys: [String] = [], hosts: HostRule = HostRule()) {
        self.uid = uid
        self.keys = keys.map { Array($0.utf8) }
        self.hosts = hosts
    }

    /// Why a request is refused; `nil` when it is allowed.
    ///
    /// - Parameters:
    ///   - authorization: the value of the `Authorization` header.
    ///   - token: the token of the run directory.
    package func refusal(
        _ access: Access, peer: Peer, host: String?, origin: String?, authorization: String?, token: String
    ) -> Refusal? {
        // A Unix socket is out of reach for web pages, and its peer is known for sure.
        if case .unix(let peer) = peer { return peer == uid || peer == 0 ? nil : .otherUser }

        guard let host, hosts.allows(host: host) else { return .host }
        if let origin, !hosts.allows(origin: origin) { return .origin }
        let bearer = Self.bearer(authorization)
        let hasToken = bearer.map { Self.isEqual($0, Array(token.utf8)) } ?? false
        if hasToken { return nil }
        if case .loopback(let peer) = peer, peer != uid, peer != 0 { return .otherUser }

        switch access {
        case .probe:
            return nil
        case .change:
            return bearer == nil ? .tokenMissing : .tokenWrong
        case .open, .openAI:
            guard !keys.isEmpty else { return nil }
            guard let bearer else { return .keyMissing }
            // All are compared, so that the time does not tell which one is near.
            let matches = keys.reduce(false) { Self.isEqual(bearer, $1) || $0 }
            return matches ? nil : .keyWrong
        }
    }

    private static func bearer(_ authorization: String?) -> [UInt8]? {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return nil }
        return Array(authorization.dropFirst(7).utf8)
    }

    /// Compares in a time that depends on the lengths only.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count, !right.isEmpty else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
