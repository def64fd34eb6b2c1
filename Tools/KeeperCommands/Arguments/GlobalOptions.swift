extension OptionSpec {
    package static let help = OptionSpec.flag("help", short: "h", "show this help")
    package static let version = OptionSpec.flag("version", "show the version")
    package static let json = OptionSpec.flag("json", "print results (and errors) as JSON")
    package static let home = OptionSpec.value(
        "home", "DIR", .path, "keep everything beneath DIR (run, data, logs, bin, config.yaml)", defaultText: "RBEE_HOME, else XDG")
    package static let quiet = OptionSpec.flag("quiet", short: "q", "say nothing on standard error but errors")
    package static let verbose = OptionSpec.flag("verbose", short: "v", "say more on standard error")
    package static let noColor = OptionSpec.flag("no-color", "no colour, as with NO_COLOR=1")
    package static let timeout = OptionSpec.value(
        "timeout", "DURATION", .duration, "give up after so long, such as 10s or 2m; 0 never", defaultText: "per command")

    /// Options of every command, in the order help shows them.
    package static let globals: [OptionSpec] = [.json, .home, .timeout, .quiet, .verbose, .noColor, .help, .version]
}
