import ContextContract
import EventLoop
import Glibc
import IPC
import Platform

/// Pings over a Unix socket, one after the other.
struct PingPath {
    private struct Answering: IPCService {
        func handle(_ request: ContextRequest, from peer: PeerCredentials) async -> ContextResponse { .ok(.pong(timestamp: 7)) }
        func answer(to refusal: IPCRefusal) -> ContextResponse { .error(code: .internalError, message: "\(refusal)") }
    }

    func walk(_ count: Int) async throws {
        let folder = try Self.folder()
        let server = IPCServer(loop: .shared, allowed: { $0.uid == geteuid() }, service: Answering())
        server.listen(descriptor: try folder.bindSocket("ping.sock").descriptor)
        let client = IPCClient<ContextRequest, ContextResponse>(socket: try folder.connectSocket("ping.sock"))
        for _ in 0..<count {
            let answer = try await client.send(.ping)
            guard answer == .ok(.pong(timestamp: 7)) else { throw HotPathError("a ping was answered with \(answer)") }
        }
    }

    /// Where sockets are made. Whoever gave the folder removes it.
    static func folder() throws -> RunDirectory {
        guard let home = getenv("RBEE_HOME") else { throw HotPathError("RBEE_HOME has to name a folder for sockets") }
        return try RunDirectory.make(String(cString: home))
    }
}
