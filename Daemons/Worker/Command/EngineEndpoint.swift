/// Where an engine listens.
package enum EngineEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A port on the loopback address.
    case port(Int)
    /// The path of a Unix socket.
    case socket(String)

    package var description: String {
        switch self {
        case .port(let port): "127.0.0.1:\(port)"
        case .socket(let path): path
        }
    }
}
