internal import DaemonContract

/// The commands that errors, hints and `doctor` suggest: with the instance, where it is not the kind's usual one.
extension DaemonID {
    /// `rbee-keeper queen restart q2`, `rbee-keeper worker logs tiny-1 --streams`.
    func command(_ verb: String, _ rest: String = "") -> String {
        // A worker has no usual name, nor has a program.
        let name = !kind.hasMany && instance == kind.defaultInstance ? "" : " \(instance)"
        return "rbee-keeper \(kind.rawValue) \(verb)\(name)\(rest.isEmpty ? "" : " \(rest)")"
    }

    /// What starts it, as far as that is known: a worker needs a model, which whoever lists the workers sees.
    var startCommand: String {
        kind == .worker ? "rbee-keeper worker list" : command("start")
    }

    /// What gets one that hangs going again. A worker that hangs cannot tell its model, so it is only stopped.
    var reviveCommand: String {
        kind == .worker ? command("stop") : command("restart")
    }
}

extension DaemonStatusRow {
    /// As ``DaemonID/command(_:_:)``.
    func command(_ verb: String, _ rest: String = "") -> String {
        guard let id = try? DaemonID(kind: kind, instance: instance) else { return "rbee-keeper list --all" }
        return id.command(verb, rest)
    }
}

extension DaemonConnection {
    /// Shows the log of the daemon it goes to.
    var logsCommand: String {
        (try? DaemonID(parsing: address)).map { $0.command("logs") } ?? "rbee-keeper logs"
    }
}
