/// One thing that `doctor` looked at.
package struct Finding: Encodable, Hashable, Sendable {
    package enum Level: String, Encodable, Hashable, Sendable {
        case ok, warn, fail
    }

    package let level: Level
    /// What was looked at: `run`, `queen/default`, `port 7833`.
    package let subject: String
    package let message: String
    /// The command that helps; nil when none is needed.
    package let next: String?

    package static func ok(_ subject: String, _ message: String) -> Finding {
        Finding(level: .ok, subject: subject, message: message, next: nil)
    }

    package static func warn(_ subject: String, _ message: String, next: String? = nil) -> Finding {
        Finding(level: .warn, subject: subject, message: message, next: next)
    }

    package static func fail(_ subject: String, _ message: String, next: String? = nil) -> Finding {
        Finding(level: .fail, subject: subject, message: message, next: next)
    }
}

/// JSON: `{"ok","checks":[{"level","subject","message","next"}]}`.
struct DoctorReport: Report {
    let checks: [Finding]

    var isHealthy: Bool { !checks.contains { $0.level == .fail } }

    private enum CodingKeys: String, CodingKey {
        case ok, checks
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(isHealthy, forKey: .ok)
        try fields.encode(checks, forKey: .checks)
    }

    func lines(_ style: Style) -> [String] {
        var table = TextTable(header: [])
        for check in checks { table.add(.init(check.level.rawValue, Self.tone(check.level)), .init(check.subject), .init(check.message)) }
        var lines: [String] = []
        for (line, check) in zip(table.lines(style), checks) {
            lines.append(line)
            if let next = check.next { lines.append("      try: \(SafeText.line(next))") }
        }
        let failures = checks.count { $0.level == .fail }, warnings = checks.count { $0.level == .warn }
        let sum = failures == 0 && warnings == 0 ? "all is well" : "\(failures) failed, \(warnings) to look at"
        return lines + [sum]
    }

    private static func tone(_ level: Finding.Level) -> Style.Tone {
        switch level {
        case .ok: .good
        case .warn: .warning
        case .fail: .bad
        }
    }
}
