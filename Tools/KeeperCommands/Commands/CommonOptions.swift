/// Options that several commands share.
extension OptionSpec {
    static let port = OptionSpec.value(
        "port", short: "p", "PORT", .integer(0...65535), "listen on this TCP port; 0 lets the kernel choose",
        defaultText: "from the configuration")
    static let ttl = OptionSpec.value(
        "ttl", "DURATION", .duration, "leave after so long unused; 0 never", defaultText: "from the configuration")
    static let binary = OptionSpec.value("binary", "PATH", .path, "run this program instead of the one that is found")
    static let foreground = OptionSpec.flag("foreground", "become the daemon instead of starting it in the background")
    static let grace = OptionSpec.value(
        "grace", "DURATION", .duration, "let it finish what is in flight for so long", defaultText: "its own, 10s")
    static let matchBuild = OptionSpec.flag("match-build", "replace a running one of another version or build")
    static let model = OptionSpec.value("model", short: "m", "MODEL", .text, "the model to serve", defaultText: "worker.model, builtin")
    static let engine = OptionSpec.value(
        "engine", "ENGINE", .choice(["builtin", "command"]), "what serves the model",
        defaultText: "as the model is configured")
    static let engineConfig = OptionSpec.value(
        "engine-config", "NAME", .text, "which configured engine, for --engine command", defaultText: "the one of the model")
    static let follow = OptionSpec.flag("follow", short: "f", "go on as lines are written, until Ctrl-C")
    static let lines = OptionSpec.value(
        "lines", short: "n", "N", .integer(0...1_000_000), "how many of the last lines to show", fallback: "50")
    static let streams = OptionSpec.flag("streams", "show what it wrote to its standard streams instead of its log")
    static let all = OptionSpec.flag("all", short: "a", "every one of them")
    static let directory = OptionSpec.value(
        "dir", "DIR", .path, "the directory of the installed program", defaultText: "$RBEE_HOME/bin, else ~/.local/bin")
}

extension OperandSpec {
    static let daemon = OperandSpec("DAEMON", .daemon, "queen (when none is named), hive or worker/NAME", count: .optional)
    static let daemons = OperandSpec("DAEMON", .daemon, "queen, hive or worker/NAME; all of them when none is named", count: .any)
    static let instance = OperandSpec("INSTANCE", .instance, "which one of its kind, when it is not the usual one", count: .optional)
    static let instances = OperandSpec("INSTANCE", .instance, "which ones of the kind, when it is not the usual one", count: .any)
}
