internal import HTTP
internal import Platform
internal import Synchronization

/// Who requests come from, as the rule of access asks for it.
///
/// For connections within this machine the kernel is asked which user has the other end: once, when the connection is accepted, since
/// asking takes longer than answering.
final class RequestPeers: Sendable {
    /// Users kept; connections beyond that are asked about again.
    private static let limit = 1024

    private struct Ends: Hashable {
        let peer: HTTPAddress
        let local: HTTPAddress
    }

    private let users = Mutex<[Ends: UInt32]>([:])

    /// A connection was accepted. Whoever had its two ends before is forgotten.
    func accepted(_ peer: HTTPPeer) {
        guard case .tcp(let peer, let local) = peer, Self.isWithin(peer, local) else { return }
        _ = find(Ends(peer: peer, local: local))
    }

    func peer(of peer: HTTPPeer) -> AccessRule.Peer {
        switch peer {
        case .unix(let uid, _):
            return .unix(uid: uid)
        case .tcp(let peer, let local):
            guard Self.isWithin(peer, local) else { return .remote }
            let ends = Ends(peer: peer, local: local)
            return .loopback(uid: users.withLock { $0[ends] } ?? find(ends))
        }
    }

    private static func isWithin(_ peer: HTTPAddress, _ local: HTTPAddress) -> Bool {
        peer.isLoopback || peer.host == local.host
    }

    /// Asks the kernel; `nil` when it cannot tell, which then counts as another user.
    private func find(_ ends: Ends) -> UInt32? {
        var user: UInt32?
        if let remote = SocketAddress(host: ends.peer.host, port: ends.peer.port),
            let local = SocketAddress(host: ends.local.host, port: ends.local.port)
        {
            user = try? PeerCredentials.tcpUser(local: local, remote: remote)
        }
        users.withLock { users in
            if users.count >= Self.limit { users.removeAll(keepingCapacity: true) }
            users[ends] = user
        }
        return user
    }
}
