import EventLoop
import Glibc
import HTTP
import Platform
import Synchronization

/// Pieces of a streamed answer, each sent by one server, passed on by a second and read by a client before the next one is sent.
struct ProxyPath {
    /// As long as a piece of a chat's answer.
    private static let piece =
        Array(
            #"data: {"id":"chatcmpl-0","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" bees"}}]}"#
                .utf8) + [0x0A, 0x0A]

    /// Lets the sender go on once a piece has been read.
    private final class Turns: Sendable {
        private let current = Mutex(ResumeOnce<Void, Never>())

        func begin() -> ResumeOnce<Void, Never> {
            let turn = ResumeOnce<Void, Never>()
            current.withLock { $0 = turn }
            return turn
        }

        func end() {
            current.withLock { $0 }.resume(with: .success(()))
        }
    }

    func walk(_ count: Int) async throws {
        let turns = Turns()
        // A worker of this host is reached by its socket.
        let worker = HTTPServer { _ in
            HTTPResponse(
                content: .stream { writer in
                    for _ in 0..<count {
                        let turn = turns.begin()
                        try await writer.write(Self.piece)
                        await turn.value()
                    }
                })
        }
        let folder = try PingPath.folder()
        worker.listen(descriptor: try folder.bindSocket("worker.sock").descriptor)
        let workers = HTTPClient(endpoint: .unix(path: "\(folder.path)/worker.sock"))
        let queen = HTTPServer { _ in await Self.passed(by: workers) }
        let port = try queen.listenTCP(host: "127.0.0.1", port: 0)

        let client = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
        let answer = try await client.send(HTTPClientRequest(target: "/", deadlineSpan: .head), deadline: .seconds(60))
        var pieces = 0
        for try await piece in answer.body {
            guard piece == Self.piece else { throw HotPathError("a piece came as \(piece.count) bytes, not \(Self.piece.count)") }
            pieces += 1
            turns.end()
        }
        guard pieces == count else { throw HotPathError("\(pieces) of \(count) pieces came") }
        withExtendedLifetime((worker, queen)) {}
    }

    /// As the queen does it.
    private static func passed(by workers: HTTPClient) async -> HTTPResponse {
        do {
            let answer = try await workers.send(HTTPClientRequest(target: "/", deadlineSpan: .head), deadline: .seconds(60))
            return HTTPResponse(
                content: .stream { writer in
                    var pieces = answer.body.makeAsyncIterator()
                    while let piece = try await pieces.next() { try await writer.write(piece) }
                })
        } catch {
            return .error(error)
        }
    }
}
