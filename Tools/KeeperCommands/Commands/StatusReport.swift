package import DaemonContract

/// The table of daemons, as `status`, `list` and `up` show it.
package struct StatusReport: Report {
    package let rows: [DaemonStatusRow]

    package init(_ rows: [DaemonStatusRow]) {
        self.rows = rows
    }

    package func encode(to encoder: any Encoder) throws {
        try DaemonStatusList(daemons: rows).encode(to: encoder)
    }

    package func lines(_ style: Style) -> [String] {
        guard !rows.isEmpty else { return ["no daemon runs"] }
        var table = TextTable(header: ["DAEMON", "STATE", "PID", "URL", "VERSION", "UPTIME", "OWNER", "REASON"])
        for row in rows {
            table.add(
                .init("\(row.kind.rawValue)/\(row.instance)"),
                .init(row.state.rawValue, Self.tone(of: row.state)),
                .init(row.pid.map { "\($0)" } ?? "-"),
                .init(row.baseURL ?? "-"),
                .init(row.version ?? "-"),
                .init(row.uptimeSecs.map { HumanTime.span(seconds: $0) } ?? "-"),
                .init(row.owner ?? "-"),
                .init(row.reason ?? ""))
        }
        return table.lines(style)
    }

    static func tone(of state: DaemonState) -> Style.Tone {
        switch state {
        case .ready: .good
        case .starting, .degraded, .draining, .backoff: .warning
        case .silent, .stale, .failed: .bad
        case .stopped, .unknown: .faint
        }
    }

    /// The exit code that tells a script how one daemon is.
    static func exit(for row: DaemonStatusRow) -> ExitCode {
        switch row.state {
        case .stopped, .stale, .failed, .backoff: .notRunning
        case .silent: .timedOut
        case .starting, .ready, .degraded, .draining, .unknown: .done
        }
    }
}
