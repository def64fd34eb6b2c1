internal import CPlatform
internal import Glibc

/// The turn to launch one daemon: of all who want to start it at a moment one has it, and the others hear when it is given back, which is when
/// that start has succeeded or failed.
///
/// It decides nothing. Who serves is decided by the daemon's lock, which is taken later and elsewhere; the turn only spares the machine the
/// launchers of all those who would lose the race for it, and the daemon their questions whether it is ready. So whoever cannot have a turn, or
/// has waited long enough, goes on without.
///
/// It is a listening socket in the abstract namespace, named after the run directory and the daemon: the kernel gives it to one, takes it back
/// from the dead, and wakes those who have connected to it. Nothing of it is in the file system.
package final class LaunchTurn: Sendable {
    /// What came of asking for it.
    package enum Claim: Sendable {
        case mine(LaunchTurn)
        /// Another process of this user has it. Readable once it is given back; nil when that cannot be waited for.
        case anothers(Descriptor?)
        /// It cannot be had: go on without.
        case unknown
    }

    private let socket: Descriptor

    private init(_ socket: Descriptor) {
        self.socket = socket
    }

    /// Asks for the turn to launch `daemon` in this run directory. Does not wait.
    package static func claim(_ daemon: String, in directory: RunDirectory) -> Claim {
        guard let address = address(daemon, in: directory) else { return .unknown }
        let number = rbee_unix_stream()
        guard number >= 0 else { return .unknown }
        let socket = Descriptor(adopting: number)
        if rbee_unix_bind(number, address, address.count) == 0 {
            return listen(number, 4096) == 0 ? .mine(LaunchTurn(socket)) : .unknown
        }
        return errno == EADDRINUSE ? join(socket, address) : .unknown
    }

    /// Whoever has the turn, if anybody has it: readable once it is given back.
    package static func others(_ daemon: String, in directory: RunDirectory) -> Descriptor? {
        guard let address = address(daemon, in: directory) else { return nil }
        let number = rbee_unix_stream()
        guard number >= 0, case .anothers(let giveBack) = join(Descriptor(adopting: number), address) else { return nil }
        return giveBack
    }

    private static func join(_ socket: Descriptor, _ address: [UInt8]) -> Claim {
        // Refused, it is being given or given back just now; with EAGAIN, very many wait.
        guard rbee_unix_connect(socket.rawValue, address, address.count) == 0 else { return .anothers(nil) }
        // Another user's turn is nobody's: the name is not a secret.
        guard (try? PeerCredentials.unix(socket.rawValue))?.uid == geteuid() else { return .unknown }
        return .anothers(socket)
    }

    /// Lets the next one have it. Doing it again changes nothing.
    package func giveBack() {
        socket.close()
    }

    /// An abstract name of one length for any daemon (FNV-1a, 64 bits). Two that share one by chance only wait for each other.
    private static func address(_ daemon: String, in directory: RunDirectory) -> [UInt8]? {
        guard let identity = try? directory.identity() else { return nil }
        let text = "\(identity.device) \(identity.inode) \(daemon)"
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return [0] + Array("rbee-launch-\(String(hash, radix: 16))".utf8)
    }
}
