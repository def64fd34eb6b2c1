/// What a server allows a connection to take. Every one of them can be configured.
package struct HTTPLimits: Sendable, Equatable {
    /// Bytes of request line and header fields; more is 431. Trailers get the same.
    package var headBytes = 64 * 1024
    /// Header fields of a request; more is 431.
    package var headFields = 256
    /// From the first byte of a request to the end of its head; longer is 408.
    package var headTime: Duration = .seconds(10)
    /// Bytes of a request's body; more is 413.
    package var bodyBytes = 16 * 1024 * 1024
    /// How long a connection may be without a request, a body without its next byte, a response without the client taking any of it.
    package var idleTime: Duration = .seconds(75)
    /// Connections at a time; further ones are answered 503 and closed.
    package var connections = 10_000
    /// Bytes that are read ahead of a handler, and bytes of a response that wait for the client, before the faster side has to wait.
    package var bufferBytes = 64 * 1024

    package init() {}
}
