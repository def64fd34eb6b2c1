package import DaemonContract
package import HTTP
package import Platform

/// Where another daemon is reached: at the URL that was given, or at the control socket of the one in the same run directory.
package struct PeerAddress: Sendable {
    private let given: String?
    private let id: DaemonID
    private let home: RbeeHome

    /// - Parameters:
    ///   - given: `http://host:port` or `unix:///path`; nil: the daemon of the same run directory.
    ///   - id: which daemon that is.
    package init(given: String?, otherwise id: DaemonID, home: RbeeHome) {
        self.given = given
        self.id = id
        self.home = home
    }

    /// The URL, whether anybody answers there or not.
    package var url: String { given ?? "unix://\(home.run)/\(id.kind.rawValue)/\(id.instance).sock" }

    /// The endpoint; nil when the URL is none.
    package var endpoint: HTTPEndpoint? { HTTPEndpoint(url: url) }
}
