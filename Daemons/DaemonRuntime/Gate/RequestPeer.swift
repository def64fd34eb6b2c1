internal import HTTP

/// Who a request comes from, as the rule of access asks for it.
enum RequestPeer {
    static func of(_ peer: HTTPPeer) -> AccessRule.Peer {
        switch peer {
        case .unix(let uid, _): .unix(uid: uid)
        case .tcp(let peer, let local): isLoopback(peer.host) ? .loopback(uid: user(of: peer, local)) : .remote
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
    }

    private static func user(of peer: HTTPAddress, _ local: HTTPAddress) -> UInt32? {
        0
    }
}
