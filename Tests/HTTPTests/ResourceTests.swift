import EventLoop
import Glibc
import HTTP
import Testing

/// What is taken is given back. In processes of their own, where nobody else opens descriptors or changes limits.
@Suite struct ResourceTests {
    @Test func `a thousand connections leave nothing behind`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let count = min(1000, Int(limit.rlim_cur) / 2 - 100)
            // Sockets only: the runtime may open a descriptor of its own at any time.
            let sockets = {
                (0..<Int32(count * 2 + 200)).count { number in
                    var about = stat()
                    return fstat(number, &about) == 0 && about.st_mode & S_IFMT == S_IFSOCK
                }
            }

            let pair = try Pair(.unix) { .text($0.path) }
            _ = try await pair.get().collectBody()
            let before = sockets()
            for round in 0..<3 {
                let clients = try (0..<count).map { _ in try pair.raw() }
                for request in 0..<2 {
                    for client in clients { client.send("GET /\(request) HTTP/1.1\r\nHost: x\r\n\r\n") }
                    for client in clients { try #require(client.receive(until: "\r\n\r\n/").contains("/\(request)"), "round \(round)") }
                }
                try #require(sockets() >= before + 2 * count)
                try #require(pair.server.connections == count + 1)
                _ = consume clients
                while pair.server.connections > 1 { try await pair.loop.sleep(for: .milliseconds(1)) }
                try #require(sockets() == before)
            }
            pair.end()
        }
    }

    @Test func `without descriptors new connections wait, which is said once`() async {
        await #expect(processExitsWith: .success) {
            // Room enough to start with, little enough to use up.
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 256
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let notices = Shared<[HTTPServerNotice]>([])
            let loop = try EventLoop(name: "test")
            let server = HTTPServer(loop: loop, notice: { notice in notices.change { $0.append(notice) } }) { _ in .text("ok") }
            let endpoint = HTTPEndpoint.tcp(host: "127.0.0.1", port: try server.listenTCP(host: "127.0.0.1", port: 0))
            let client = try RawClient(endpoint)
            while server.connections < 1 { try await loop.sleep(for: .milliseconds(1)) }

            // One descriptor is left, with which a client connects; none to accept it with.
            var taken: [Int32] = []
            while case let number = dup(client.descriptor), number >= 0 { taken.append(number) }
            close(taken.removeLast())
            let late = try RawClient(endpoint)
            while notices.value.isEmpty { try await loop.sleep(for: .milliseconds(1)) }
            // Long enough for several attempts.
            try await loop.sleep(for: .milliseconds(350))
            try #require(notices.value.count == 1)
            for number in taken { close(number) }
            late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try #require(late.receive(until: "ok").hasSuffix("ok"))
            try #require(notices.value.last == .acceptResumed)
            try #require(notices.value.count == 2)
            server.close()
            loop.stop()
        }
    }
}
