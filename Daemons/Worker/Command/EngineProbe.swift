internal import EventLoop
internal import Glibc
internal import HTTP
internal import Platform
internal import Synchronization

/// Asks an engine over HTTP whether it can serve, and makes sure that it is the engine that answers.
final class EngineProbe: Sendable {
    /// How long one answer may take; an engine that loads may be slow.
    private static let limit: Duration = .seconds(2)

    private struct Listener: Hashable {
        var port: Int
        var process: Int32
    }

    private let loop: EventLoop
    private let path: String
    /// Who was seen to listen where: looking goes through all processes and need not be repeated.
    private let verified = Mutex<Listener?>(nil)

    /// - Parameter path: what answers with success once the engine can serve.
    init(loop: EventLoop, path: String) {
        self.loop = loop
        self.path = path
    }

    /// Asks once.
    ///
    /// - Parameter process: the engine's process.
    func ask(_ endpoint: EngineEndpoint, process: Int32) async -> ProbeResult {
        let client = HTTPClient(loop: loop, endpoint: endpoint.http)
        defer { client.close() }
        let status: Int
        do throws(HTTPError) {
            let response = try await client.send(HTTPClientRequest(target: path), deadline: Self.limit)
            status = response.status.code
        } catch {
            return .silent(error.message)
        }
        if case .port(let port) = endpoint, let stranger = await stranger(Listener(port: port, process: process)) {
            return .stranger(stranger)
        }
        return (200..<300).contains(status) ? .ready : .notYet(status)
    }

    /// Who listens in the engine's place, if it is seen not to be the engine.
    private func stranger(_ listener: Listener) async -> String? {
        if verified.withLock({ $0 == listener }) { return nil }
        let stranger = try? await onBlockingThread { Self.look(listener) }
        guard let stranger else {
            verified.withLock { $0 = listener }
            return nil
        }
        return stranger
    }

    private static func look(_ listener: Listener) -> String? {
        // Where it cannot be seen who listens, whoever answers at the port that was reserved is taken for the engine.
        guard let holder = try? PortHolder.of(port: UInt16(clamping: listener.port), host: "127.0.0.1"), let table = ProcessTable.scan()
        else { return nil }
        guard let pid = holder.pid else { return holder.uid == geteuid() ? nil : holder.description }
        if pid == listener.process { return nil }
        // All that the guard looks after is the engine, orphans too; without it, what the engine has started.
        let engine = table.first { $0.pid == listener.process }
        let keeper = table.first { $0.pid == engine?.parent && $0.name == GuardedEngine.guardName }
        let family = ProcessTable(table).descendants(of: keeper?.pid ?? listener.process)
        return family.contains { $0.pid == pid } ? nil : holder.description
    }
}

extension EngineEndpoint {
    /// Where to connect to.
    var http: HTTPEndpoint {
        switch self {
        case .port(let port): .tcp(host: "127.0.0.1", port: port)
        case .socket(let path): .unix(path: path)
        }
    }
}
