/// A request to a daemon: a method, a path and a body.
public struct DaemonRequest: Sendable, Hashable {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    public var method: String
    /// The path with its query, beginning with a slash.
    public var path: String
    /// Sent as JSON when it is not empty.
    public var body: [UInt8]
    /// How long the daemon may take until its answer begins. The answer itself may take as long as it likes.
    public var timeout: Duration

    /// - Parameters:
    ///   - method: `GET`, `POST`, `PUT` or `DELETE`.
    ///   - path: the path with its query, beginning with a slash.
    ///   - body: sent as JSON when it is not empty.
    ///   - timeout: how long the daemon may take until its answer begins.
    public init(_ method: String, _ path: String, body: [UInt8] = [], timeout: Duration = .seconds(120)) {
        self.method = method
        self.path = path
        self.body = body
        self.timeout = timeout
    }

    /// Whether the request may be sent a second time after this failure: it was never read, or doing it twice does no harm.
    func mayRepeat(after error: LifecycleError) -> Bool {
        switch error.code {
        case .notRunning: true
        case .unreachable: method != "POST" && method != "PATCH"
        default: false
        }
    }
}
