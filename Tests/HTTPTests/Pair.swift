import EventLoop
import Glibc
import HTTP
import Platform

/// A server and a client of it on one loop, over TCP or a Unix socket in a directory of its own.
struct Pair {
    enum Transport: CaseIterable {
        case tcp
        case unix
    }

    let loop: EventLoop
    let server: HTTPServer
    let client: HTTPClient
    let endpoint: HTTPEndpoint
    private let directory: String?
    private let waiting: Descriptor?

    init(
        _ transport: Transport = .unix, loop: EventLoop? = nil, limits: HTTPLimits = HTTPLimits(),
        options: HTTPClientOptions = HTTPClientOptions(), acceptsLater: Bool = false, handler: @escaping HTTPHandler
    ) throws {
        let loop = try loop ?? EventLoop(name: "test")
        self.loop = loop
        server = HTTPServer(loop: loop, limits: limits, handler: handler)
        switch transport {
        case .tcp:
            endpoint = .tcp(host: "127.0.0.1", port: try server.listenTCP(host: "127.0.0.1", port: 0))
            directory = nil
            waiting = nil
        case .unix:
            var template = Array("/tmp/rbee-http-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a directory") }
            let path = template.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) ?? "" }
            directory = path
            let run = try RunDirectory.open(path, create: false)
            guard let run else { throw SystemError(errno: ENOENT, "open", path: path) }
            let socket = try run.bindSocket("s").descriptor
            waiting = acceptsLater ? socket : nil
            if !acceptsLater {
                server.listen(descriptor: socket)
            }
            endpoint = .unix(path: "\(path)/s")
        }
        client = HTTPClient(loop: loop, endpoint: endpoint, options: options)
    }

    /// Begins to accept what has connected since; for a pair that accepts later.
    func accept() {
        if let waiting {
            server.listen(descriptor: waiting)
        }
    }

    var port: Int {
        switch endpoint {
        case .tcp(_, let port): port
        case .unix: 0
        }
    }

    func raw() throws -> RawClient {
        try RawClient(endpoint)
    }

    func get(_ target: String = "/", headers: HTTPHeaders = [:]) async throws(HTTPError) -> HTTPClientResponse {
        try await client.send(HTTPClientRequest(target: target, headers: headers), deadline: .seconds(30))
    }

    func post(_ body: [UInt8], to target: String = "/", headers: HTTPHeaders = [:]) async throws(HTTPError) -> HTTPClientResponse {
        try await client.send(
            HTTPClientRequest(method: .post, target: target, headers: headers, content: .bytes(body)), deadline: .seconds(30))
    }

    func end() {
        client.close()
        server.close()
        loop.stop()
        if let directory {
            unlink("\(directory)/s")
            rmdir(directory)
        }
    }
}
