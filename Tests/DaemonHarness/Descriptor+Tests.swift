internal import EventLoop
internal import Glibc
package import Platform

/// Plain connections, to say exactly the bytes that a test wants to say.
extension Descriptor {
    /// A connection to a port of the loopback.
    package static func connected(port: UInt16) throws -> Descriptor {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError(errno: errno, "make a socket") }
        let connection = Descriptor(adopting: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw SystemError(errno: errno, "connect to port \(port)") }
        return connection
    }

    /// What the other side sends until it closes.
    package func textToEnd() async throws -> String {
        try setNonBlocking(true)
        var all: [UInt8] = []
        while true {
            if let bytes = try read(upTo: 65_536) {
                if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
                all += bytes
            } else {
                try await EventLoop.shared.withDeadline(TestAPI.patience) { try await EventLoop.shared.readable(self.rawValue) }
            }
        }
    }
}
