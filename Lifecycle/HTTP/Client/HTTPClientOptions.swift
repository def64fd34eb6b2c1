/// What a client allows itself and its server.
package struct HTTPClientOptions: Sendable, Equatable {
    /// Connections at a time; further requests wait for one, as long as their deadlines let them.
    package var connections = 256
    /// Connections that are kept open without a request.
    package var idleConnections = 16
    /// How long they are kept: less than servers keep them, so that the two seldom cross, and no longer than requests that belong together are
    /// apart. An idle connection is a descriptor at both ends, and costs less to make than to keep.
    package var idleTime: Duration = .seconds(5)
    /// Bytes of a response's head, and of its trailers.
    package var headBytes = 64 * 1024
    /// Bytes that are read ahead of whoever reads a body, and bytes of a request that wait for the server, before the faster side has to wait.
    package var bufferBytes = 64 * 1024

    package init() {}
}
