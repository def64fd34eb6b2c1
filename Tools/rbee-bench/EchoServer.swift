internal import Glibc

/// The floor: a process that reads a frame and writes one back, and does nothing else.
enum EchoServer {
    static func run(path: String) -> Never {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        listen(listener, 16)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // As large as the daemon's answer to a ping.
        let answer: [UInt8] = [46, 0, 0, 0] + [UInt8](repeating: 0xc0, count: 46)
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { exit(1) }
            var have = 0
            while true {
                let count = buffer.withUnsafeMutableBytes { read(connection, $0.baseAddress.map { $0 + have }, $0.count - have) }
                guard count > 0 else { break }
                have += count
                guard have >= 4, have >= 4 + buffer[0..<4].reversed().reduce(0, { $0 << 8 | Int($1) }) else { continue }
                have = 0
                _ = write(connection, answer, answer.count)
            }
            close(connection)
        }
    }
}
