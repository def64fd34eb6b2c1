import Glibc

/// A plain blocking server on a TCP port that the kernel picks, to say to a client exactly what a test wants said.
final class RawServer: Sendable {
    let port: Int
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, pointer, &length) == 0
            }
        }
        guard result else { throw RawClient.Failed(call: "listen", number: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(listener)
    }

    /// The next connection. Blocks.
    func accept() throws -> RawClient {
        let number = Glibc.accept(listener, nil, nil)
        guard number >= 0 else { throw RawClient.Failed(call: "accept", number: errno) }
        return RawClient(adopting: number)
    }
}
