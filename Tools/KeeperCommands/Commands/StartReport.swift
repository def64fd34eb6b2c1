internal import DaemonContract

/// What `start` and `ensure` found or made.
///
/// JSON: `{"kind","instance","started_by_us","base_url","pid","version","elapsed_ms"}`.
struct StartReport: Report {
    let started: StartedDaemon
    let elapsed: Duration
    /// Who started it, when that was not this keeper.
    var starter: String?

    private enum CodingKeys: String, CodingKey {
        case kind, instance, pid, version
        case startedByUs = "started_by_us"
        case baseURL = "base_url"
        case elapsed = "elapsed_ms"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(started.id.kind, forKey: .kind)
        try fields.encode(started.id.instance, forKey: .instance)
        try fields.encode(started.handle.shouldCleanup, forKey: .startedByUs)
        try fields.encode(started.handle.baseURL, forKey: .baseURL)
        try fields.encodeIfPresent(started.pid, forKey: .pid)
        try fields.encodeIfPresent(started.version, forKey: .version)
        try fields.encode(HumanTime.milliseconds(elapsed), forKey: .elapsed)
    }

    func lines(_ style: Style) -> [String] {
        let pid = started.pid.map { " (pid \($0))" } ?? ""
        let time = HumanTime.elapsed(elapsed)
        let state =
            if let starter {
                "\(style.paint("started", .good)) by \(SafeText.line(starter)) in \(time), serves"
            } else if started.handle.shouldCleanup {
                "\(style.paint("started", .good)) in \(time), serves"
            } else {
                style.paint("already running", .good)
            }
        return ["\(started.id) \(state) at \(SafeText.line(started.handle.baseURL))\(pid)"]
    }
}
