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

    /// Closes the connections to a daemon that is gone.
    func drop(_ endpoint: HTTPEndpoint) {
        clients.withLock { $0.removeValue(forKey: endpoint) }?.close()
    }

    /// Closes the connections to all but these.
    func keep(only endpoints: Set<HTTPEndpoint>) {
        let dropped = clients.withLock { clients in
            let gone = clients.filter { !endpoints.contains($0.key) }
            for endpoint in gone.keys { clients[endpoint] = nil }
            return Array(gone.values)
        }
        for client in dropped { client.close() }
    }

    func close() {
        keep(only: [])
    }
}
