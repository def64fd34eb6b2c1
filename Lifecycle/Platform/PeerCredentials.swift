import CPlatform
import Glibc

/// Who is at the other end of a connection, as the kernel knows it.
package struct PeerCredentials: Hashable, Sendable {
    /// The process that connected, at that time.
    package var pid: Int32
    /// Its user.
    package var uid: UInt32
    /// Its group.
    package var gid: UInt32

    /// Credentials known from elsewhere.
    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// The peer of a Unix socket.
    package static func unix(_ socket: Int32) throws(SystemError) -> PeerCredentials {
        var (pid, uid, gid): (Int32, UInt32, UInt32) = (0, 0, 0)
        guard rbee_peer_credentials(socket, &pid, &uid, &gid) == 0 else { throw SystemError(errno: errno, "ask who is connected") }
        return PeerCredentials(pid: pid, uid: uid, gid: gid)
    }

    /// The user at the other end of an accepted loopback connection.
    ///
    /// - Returns: nil when it cannot be told: no connection, not within this machine, or the peer has closed it already.
    package static func tcpUser(of socket: Int32) throws(SystemError) -> UInt32? {
        guard let local = SocketAddress.local(of: socket), let remote = SocketAddress.remote(of: socket) else { return nil }
        return try tcpUser(local: local, remote: remote)
    }

    /// The user at the other end of an accepted loopback connection.
    ///
    /// - Parameters:
    ///   - local: the end on this side, as the server sees it.
    ///   - remote: the end of the peer whose user is asked for.
    /// - Returns: nil when it cannot be told.
    package static func tcpUser(local: SocketAddress, remote: SocketAddress) throws(SystemError) -> UInt32? {
        guard local.bytes.count == remote.bytes.count else { return nil }
        // The peer's socket has the ends the other way round.
        var owner = rbee_socket_owner()
        let found = rbee_tcp_owner(remote.bytes.count == 16 ? 1 : 0, remote.bytes, remote.port, local.bytes, local.port, &owner)
        if found == 1 { return owned(owner.uid, inode: UInt64(owner.inode)) }
        let failure = errno
        // No such socket, or a kernel without tcp_diag: the table knows which.
        guard [ENOENT, EPROTONOSUPPORT, EAFNOSUPPORT, EPERM, EACCES, EOPNOTSUPP].contains(failure) else {
            throw SystemError(errno: failure, "ask who is connected")
        }
        guard let entry = try TCPTable.connection(local: remote, remote: local) else { return nil }
        return owned(entry.uid, inode: entry.inode)
    }

    /// A connection without a process, closed or waiting out its time, shows user 0, whoever had it.
    private static func owned(_ uid: UInt32, inode: UInt64) -> UInt32? {
        inode == 0 ? nil : uid
    }
}
