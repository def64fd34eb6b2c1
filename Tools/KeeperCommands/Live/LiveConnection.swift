internal import DaemonContract
internal import DaemonLifecycle
internal import EventLoop
internal import HTTP
internal import Platform

/// Talks to a daemon over the control socket in its run directory, where nobody else can listen.
struct LiveConnection: DaemonConnection {
    /// How long the head of an event stream may take.
    private static let headDeadline: Duration = .seconds(10)

    private let files: DaemonFiles
    private let client: HTTPClient

    /// - Throws: `notRunning` when nobody holds the daemon's lock.
    init(_ files: DaemonFiles) throws {
        guard files.id.kind != .process else {
            throw KeeperError(
                .usage, "\(files.id) is a plain program, which cannot be asked; its hive can",
                next: ["rbee-keeper process status \(files.id.instance)"],
                exit: .usage)
        }
        guard try FileLock.probe(in: files.directory, name: files.lock) == .held else { throw KeeperError.notRunning(files.id) }
        self.files = files
        client = HTTPClient(loop: .shared, endpoint: .unix(path: files.directory.procPath(files.socket)))
    }

    var address: String { files.id.description }

    func send(_ method: DaemonMethod, _ path: String, body: [UInt8]?, deadline: Duration) async throws -> DaemonReply {
        do {
            let response = try await client.send(request(method, path, body), deadline: deadline)
            return DaemonReply(status: response.status.code, body: try await response.collectBody())
        } catch {
            throw told(error, deadline)
        }
    }

    func events(_ path: String, after lastID: String?) async throws -> AsyncThrowingStream<StreamEvent, any Error> {
        var request = request(.get, path, nil)
        request.deadlineSpan = .head
        request.headers["Accept"] = "text/event-stream"
        if let lastID { request.headers["Last-Event-ID"] = lastID }
        let response: HTTPClientResponse
        do {
            response = try await client.send(request, deadline: Self.headDeadline)
        } catch {
            throw told(error, Self.headDeadline)
        }
        guard response.status.code == 200 else {
            try check(DaemonReply(status: response.status.code, body: (try? await response.collectBody()) ?? []), "GET \(path)")
            throw KeeperError(.failed, "\(address) answered GET \(path) with status \(response.status.code)", next: ["rbee-keeper doctor"])
        }
        let events = EventReader(response.body.serverSentEvents)
        return AsyncThrowingStream { try await events.next() }
    }

    private func request(_ method: DaemonMethod, _ path: String, _ body: [UInt8]?) -> HTTPClientRequest {
        var request = HTTPClientRequest(method: HTTPMethod(rawValue: method.rawValue), target: path, content: .bytes(body ?? []))
        if body != nil { request.headers["Content-Type"] = "application/json" }
        return request
    }

    private func told(_ error: HTTPError, _ deadline: Duration) -> any Error {
        switch error.code {
        case .refused, .noSuchSocket:
            KeeperError.notRunning(files.id)
        case .deadlineExceeded:
            KeeperError(
                .timedOut, "\(files.id) did not answer within \(HumanTime.elapsed(deadline)): it is busy, stopped by a signal, or hung",
                next: ["rbee-keeper status \(files.id)", files.id.reviveCommand], exit: .timedOut, underlying: error)
        case .cancelled:
            CancellationError()
        default:
            KeeperError(
                .failed, "\(files.id) did not answer: \(error.message)",
                next: ["rbee-keeper status \(files.id)", files.id.command("logs")], underlying: error)
        }
    }
}

/// Reads events one after the other, from whatever task asks.
private actor EventReader {
    private var events: HTTPBody.ServerSentEvents.AsyncIterator

    init(_ events: HTTPBody.ServerSentEvents) {
        self.events = events.makeAsyncIterator()
    }

    func next() async throws -> StreamEvent? {
        do {
            // Nobody else asks meanwhile: the stream asks for one event after the other.
            var events = events
            let event = try await events.next(isolation: self)
            self.events = events
            return event.map { StreamEvent(id: $0.id, name: $0.event, data: $0.data) }
        } catch {
            throw error.code == .cancelled ? CancellationError() : error
        }
    }
}

extension KeeperError {
    /// The daemon asked for does not run.
    static func notRunning(_ id: DaemonID) -> KeeperError {
        KeeperError(.notRunning, "\(id) does not run", next: [id.startCommand, "rbee-keeper status"], exit: .notRunning)
    }
}
