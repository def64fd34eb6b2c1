internal import BenchReport
internal import CBench
internal import Glibc

/// The process that a socket's floor is measured against: this program once more, which reads frames, writes one back for each, and does nothing
/// else.
final class EchoServer {
    enum Mode: String {
        /// One connection, by blocking reads and writes: the least that an exchange can cost.
        case one
        /// Any number of connections, by epoll.
        case many
    }

    static let word = "echo-server"

    let address: Connection.Address
    private let process: Child
    var pid: Int32 { process.pid }

    /// Starts one and waits until it takes connections.
    init(path: String, mode: Mode) throws {
        address = .unix(path: path)
        process = try Child(Workshop.ownPath, [Self.word, mode.rawValue, path])
        for _ in 0..<1_000 {
            if (try? Connection(address)) != nil { return }
            usleep(2_000)
        }
        throw BenchError("the floor's server does not listen on \(path) within 2 s")
    }

    /// What the process that was started does.
    static func serve(_ words: [String]) -> Never {
        guard words.count == 2, let mode = Mode(rawValue: words[0]) else {
            complain("usage: rbee-bench \(word) one|many SOCKET")
            exit(2)
        }
        switch mode {
        case .one: _ = bench_echo_one(words[1])
        case .many: _ = bench_echo_many(words[1])
        }
        complain("cannot serve on \(words[1]): \(String(cString: strerror(errno)))")
        exit(1)
    }
}
