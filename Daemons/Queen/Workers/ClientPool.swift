internal import EventLoop
internal import HTTP
internal import Synchronization

/// One HTTP client for each daemon the queen talks to, so that connections are used again.
final class ClientPool: Sendable {
    private let loop: EventLoop
    private let clients = Mutex<[HTTPEndpoint: HTTPClient]>([:])

    init(loop: EventLoop) {
        self.loop = loop
    }

    func client(for endpoint: HTTPEndpoint) -> HTTPClient {
        clients.withLock { clients in
            if let client = clients[endpoint] { return client }
            let client = HTTPClient(loop: loop, endpoint: endpoint)
            clients[endpoint] = client
            return client
        }
    }

    /// Keeps connections to these only. Those to others close once what is under way there has ended.
    func keep(only endpoints: Set<HTTPEndpoint>) {
        clients.withLock { clients in clients = clients.filter { endpoints.contains($0.key) } }
    }

    /// Closes all connections.
    func close() {
        let all = clients.withLock { clients in
            defer { clients.removeAll() }
            return Array(clients.values)
        }
        for client in all { client.close() }
    }
}
