package import DaemonContract

/// What every daemon is told about itself, worked out from command line and configuration.
package struct DaemonSettings: Sendable {
    /// Where it listens on TCP; `nil` when it does not.
    package struct Listener: Hashable, Sendable {
        /// An address or name of this machine.
        package var host: String
        /// 0 lets the kernel pick one.
        package var port: UInt16
    }

    package var id: DaemonID
    package var owner: String?
    package var listener: Listener?
    /// How long it stays without being used; zero for ever.
    package var ttl: Duration
    /// How long a drain lasts when nobody says otherwise.
    package var grace: Duration = .seconds(10)
    package var logLevel: LogLevel = .info
    /// API keys for OpenAI paths; none means that none is needed.
    package var apiKeys: [String] = []
    /// Names besides those of the loopback under which it answers.
    package var allowedHosts: [String] = []
    /// Origins besides those of the loopback from which pages may ask.
    package var allowedOrigins: [String] = []
    /// Largest body of a request, in bytes.
    package var largestBody = 16 << 20
}
