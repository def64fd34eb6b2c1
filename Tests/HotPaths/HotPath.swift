import EventLoop

/// What is walked often, by the name that its threshold has.
enum HotPath: String, CaseIterable, Sendable {
    /// A ping and its answer, on one connection to a Unix socket.
    case ipcPing = "ipc-ping"
    /// `GET /health` of a daemon over TCP, on one connection.
    case httpHealth = "http-health"
    /// One piece of a streamed answer, through a server that passes it on.
    case proxyChunk = "proxy-chunk"
    /// A request of the context daemon, value to bytes and bytes to value.
    case ipcEncodeRequest = "ipc-encode-request"
    case ipcDecodeRequest = "ipc-decode-request"
    /// An answer of the context daemon, value to bytes and bytes to value.
    case ipcEncodeResponse = "ipc-encode-response"
    case ipcDecodeResponse = "ipc-decode-response"
    /// A chat request, value to JSON and JSON to a checked value.
    case chatEncode = "chat-encode"
    case chatDecode = "chat-decode"

    /// Walks it so many times. Not for ``httpHealth``, which is a daemon's.
    func walk(_ count: Int) async throws {
        switch self {
        case .ipcPing: try await PingPath().walk(count)
        case .httpHealth: throw HotPathError("a daemon's path cannot be walked without one")
        case .proxyChunk: try await ProxyPath().walk(count)
        case .ipcEncodeRequest: try CodingPath.encode(CodingPath.request, count)
        case .ipcDecodeRequest: try CodingPath.decode(CodingPath.request, count)
        case .ipcEncodeResponse: try CodingPath.encode(CodingPath.response, count)
        case .ipcDecodeResponse: try CodingPath.decode(CodingPath.response, count)
        case .chatEncode: try CodingPath.encodeChat(count)
        case .chatDecode: try CodingPath.decodeChat(count)
        }
    }
}

/// What a path came to is not what it should be: nothing was measured.
struct HotPathError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
