import CPlatform
import Glibc

/// The starter's end of sd_notify: an abstract datagram socket, named after the nonce of the daemon being started.
package final class NotifySocket: Sendable {
    /// One message, and who the kernel says sent it.
    package struct Message: Hashable, Sendable {
        /// The sender's number.
        package var pid: Int32
        /// The sender's user.
        package var uid: UInt32
        /// Its lines, each name with its value: "READY" = "1".
        package var assignments: [String: String]
    }

    /// The value of NOTIFY_SOCKET for the daemon: "@rbee-<nonce>".
    package let address: String
    private let socket: Descriptor

    /// Listens for the daemon with this nonce.
    package init(nonce: Nonce) throws(SystemError) {
        address = "@rbee-\(nonce)"
        let number = rbee_unix_datagram()
        guard number >= 0 else { throw SystemError(errno: errno, "make a socket") }
        socket = Descriptor(adopting: number)
        guard rbee_pass_credentials(number) == 0 else { throw SystemError(errno: errno, "ask for senders on a socket") }
        let name = ServiceNotifier.name(address)
        guard rbee_unix_bind(number, name, name.count) == 0 else { throw SystemError(errno: errno, "bind the socket", path: address) }
    }

    /// Readable when there is a message. Valid while this object lives.
    package var descriptor: Int32 { socket.rawValue }

    /// The next message of this user, or nil when there is none yet. Messages of others, and those too long to be one, are dropped.
    ///
    /// Which process may speak for the daemon is for the caller to decide by `pid`.
    package func receive() throws(SystemError) -> Message? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            var (pid, uid, truncated): (Int32, UInt32, Int32) = (0, 0, 0)
            let count = socket.use { rbee_receive_datagram($0, &buffer, buffer.count, &pid, &uid, &truncated) }
            guard count >= 0 else {
                let failure = errno
                if failure == EAGAIN { return nil }
                throw SystemError(errno: failure, "receive from", path: address)
            }
            guard uid == geteuid(), pid > 0, truncated == 0 else { continue }
            return Message(pid: pid, uid: uid, assignments: Self.assignments(in: buffer.prefix(count)))
        }
    }

    static func assignments(in bytes: some Collection<UInt8>) -> [String: String] {
        var found: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let text = String(validating: line, as: UTF8.self), let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                continue
            }
            found[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return found
    }
}
