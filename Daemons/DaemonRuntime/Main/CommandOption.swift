/// One option of a daemon's command line.
package struct CommandOption: Hashable, Sendable {
    /// Its name with the dashes: `--port`.
    package let name: String
    /// What stands for its value in the help; `nil` for one without a value.
    package let value: String?
    /// What it does, in one line.
    package let summary: String
    /// Whether it may be given several times.
    package let repeats: Bool

    package init(_ name: String, value: String? = nil, _ summary: String, repeats: Bool = false) {
        precondition(name.hasPrefix("--"), "an option's name begins with two dashes: \(name)")
        self.name = name
        self.value = value
        self.summary = summary
        self.repeats = repeats
    }

    /// The options of every daemon.
    package static let shared: [CommandOption] = [
        CommandOption("--instance", value: "NAME", "which one of its kind this is"),
        CommandOption("--port", value: "PORT", "TCP port to listen on; 0 lets the kernel pick one"),
        CommandOption("--ttl", value: "DURATION", "how long to stay without being used (5m, 1h30m); 0 for ever"),
        CommandOption("--owner", value: "NAME", "who owns this daemon and may stop it"),
        CommandOption("--yield", "exit with 0 instead of 75 when another process is this daemon already"),
        CommandOption("--log-level", value: "LEVEL", "trace, debug, info, notice, warning or error"),
        CommandOption("--config", value: "FILE", "configuration file to read"),
        CommandOption("--help", "say this and exit"),
        CommandOption("--version", "say the version and exit"),
    ]
}

/// A command line that does not say what to do.
package struct UsageError: Error, Hashable, Sendable {
    /// What is wrong with it, for people.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}
