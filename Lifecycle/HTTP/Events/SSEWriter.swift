/// Writes server-sent events into a streamed response.
package struct SSEWriter: Sendable {
    private let body: HTTPBodyWriter

    package init(_ body: HTTPBodyWriter) {
        self.body = body
    }

    /// Sends one event. Waits and throws as ``HTTPBodyWriter/write(_:)-([UInt8])`` does.
    package func send(_ event: SSEEvent) async throws(HTTPError) {
        try await body.write(event.encoded)
    }

    /// Sends an event of a name and data.
    package func send(event: String? = nil, id: String? = nil, data: String) async throws(HTTPError) {
        try await send(SSEEvent(event: event, id: id, data: data))
    }

    /// Sends a comment, which readers ignore: it keeps the connection alive, and finds out whether the client is still there.
    package func keepAlive() async throws(HTTPError) {
        try await body.write(": keep-alive\n\n")
    }

    package var isClientGone: Bool { body.isClientGone }
}
