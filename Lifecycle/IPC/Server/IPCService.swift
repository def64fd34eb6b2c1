package import Platform

/// What an IPC server serves.
package protocol IPCService: Sendable {
    associatedtype Request: Decodable & Sendable
    associatedtype Response: Encodable & Sendable

    /// Answers one request. Called on the server's loop; of one connection's requests one at a time, in their order.
    func handle(_ request: Request, from peer: PeerCredentials) async -> Response

    /// The answer to what is no request.
    func answer(to refusal: IPCRefusal) -> Response
}

/// Why the server itself answers.
package enum IPCRefusal: Sendable, Equatable {
    /// What came cannot be read. The text says why.
    case malformed(String)
    /// It can be read and is no request that is known. The text says why.
    case unknown(String)
    /// A message was begun and not finished in time.
    case stalled(Duration)
    /// So many connections are open already.
    case overloaded(Int)
    /// The server is closing.
    case draining
    /// The answer could not be written. The text says why.
    case unanswerable(String)
}

/// What a connection may take.
package struct IPCLimits: Sendable {
    /// The largest message, in bytes.
    package var messageBytes = 1 << 20
    /// From the first byte of a message to its last.
    package var messageTime: Duration = .milliseconds(100)
    /// How long answers may lie unread before the connection is given up.
    package var writeTime: Duration = .seconds(10)
    /// How long a client that was refused may go on sending before it is cut off.
    package var lingerTime: Duration = .seconds(5)
    /// Open at once.
    package var connections = 4_096
    package var message = MessageLimits()

    package init() {}
}
