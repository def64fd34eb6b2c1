/// Talks to one running daemon over HTTP.
package protocol DaemonConnection: Sendable {
    /// Where it goes, for messages.
    var address: String { get }

    /// Sends a request and collects the whole answer.
    ///
    /// - Parameter deadline: how long the answer may take.
    func send(_ method: DaemonMethod, _ path: String, body: [UInt8]?, deadline: Duration) async throws -> DaemonReply

    /// Opens a stream of server-sent events, which ends when the daemon closes it.
    ///
    /// - Parameter lastID: the id of the last event that was seen, to go on from there.
    func events(_ path: String, after lastID: String?) async throws -> AsyncThrowingStream<StreamEvent, any Error>
}

/// The methods that commands use.
package enum DaemonMethod: String, Hashable, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// The answer to a request.
package struct DaemonReply: Hashable, Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// One server-sent event, or the sign of life between two.
package struct StreamEvent: Hashable, Sendable {
    package var id: String?
    /// Nil for an event without a name.
    package var name: String?
    package var data: String

    package init(id: String? = nil, name: String? = nil, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }
}
