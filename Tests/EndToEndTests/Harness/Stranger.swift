import Glibc
import Platform

/// Somebody else who listens on a TCP port of this machine, and answers nothing.
final class Stranger: Sendable {
    let port: Int
    private let socket: Descriptor

    init() throws {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError(errno: errno, "make a socket") }
        socket = Descriptor(adopting: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(number, generic, length) | listen(number, 8) | getsockname(number, generic, &length)
            }
        }
        guard code == 0 else { throw SystemError(errno: errno, "listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }
}
