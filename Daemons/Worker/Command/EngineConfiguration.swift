package import Configuration

/// How a `command` engine is run: as the model that it serves is configured.
package typealias EngineConfiguration = ModelConfiguration

extension ModelConfiguration {
    /// Whether the engine is reached over a Unix socket rather than a port.
    var usesSocket: Bool {
        (command + environment.values).contains { $0.contains("${SOCKET}") }
    }
}
