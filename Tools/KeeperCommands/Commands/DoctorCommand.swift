internal import DaemonContract
internal import Platform

/// `doctor`: looks for what is wrong and names the command that helps.
enum DoctorCommand {
    private static let fix = OptionSpec.flag("fix", "set corrupt files aside and remove what dead daemons left")

    static let command = Command(
        "doctor", summary: "look for what is wrong and say what helps",
        discussion: [
            "Looks at directories and their modes, the token, locks against records, sockets of dead daemons, files that cannot be read, "
                + "programs and their versions, ports and who holds them, and the configuration. Starts nothing, and changes nothing "
                + "without --fix.",
            #"With --json: {"ok","checks":[{"level","subject","message","next"}]}; level is ok, warn or fail."#,
        ],
        options: [fix], exits: [.init(.done, "nothing failed; there may be warnings"), .init(.failed, "something failed"), .init(.usage)],
        examples: [.init("rbee-keeper doctor", "look"), .init("rbee-keeper doctor --fix", "look, and clean up")]
    ) { context in
        var checks: [Finding] = []
        do {
            let home = try context.home()
            checks += HomeCheckup(home: home).findings()
            // What stands in a run directory that cannot be used is not to be seen: that finding is the one that counts.
            let isUsable = !checks.contains { $0.subject == HomeCheckup.run && $0.level == .fail }
            if isUsable {
                if context.arguments.has(fix) { checks += try await context.daemons().tidyUp().map { .warn("fixed", $0) } }
                checks += RunCheckup(home: home, fixes: context.arguments.has(fix)).findings()
                checks += try await daemons(context)
            }
            checks += binaryDirectory(context)
            checks += try await programs(context)
            if isUsable {
                checks += try await ports(context)
                checks += try await boot(context)
            }
        } catch {
            let failure = KeeperError(from: error)
            checks.append(.fail("home", failure.message, next: failure.next.first))
        }
        checks += configuration(context)
        let report = DoctorReport(checks: checks)
        try context.output.result(report)
        return report.isHealthy ? .done : .failed
    }

    /// Daemons that are not as they should be, by their own word or their silence.
    private static func daemons(_ context: KeeperContext) async throws -> [Finding] {
        try await context.daemons().rows().compactMap { row in
            let why = row.reason.map { ": \($0)" } ?? ""
            switch row.state {
            case .silent:
                return .fail(
                    row.name, "runs and does not answer\(why)", next: row.kind == .worker ? row.command("stop") : row.command("restart"))
            case .failed:
                return .fail(row.name, "failed\(why)", next: row.kind == .process ? row.command("logs") : row.command("logs", "--streams"))
            case .degraded: return .warn(row.name, "is degraded\(why)", next: row.command("logs"))
            case .backoff: return .warn(row.name, "ended and is started again after a wait\(why)", next: row.command("logs"))
            case .stopped, .starting, .ready, .draining, .stale, .unknown: return nil
            }
        }
    }

    /// `RBEE_BIN_DIR` comes before every other place, unless it cannot be used: then nothing else would tell.
    private static func binaryDirectory(_ context: KeeperContext) -> [Finding] {
        let name = "RBEE_BIN_DIR"
        guard let path = context.environment[name], !path.isEmpty else { return [] }
        guard path.hasPrefix("/") else {
            return [.warn(name, "\(path) is not an absolute path, and is passed over", next: "export RBEE_BIN_DIR=\"$PWD/\(path)\"")]
        }
        guard (try? FileIdentity.of(path: path))?.kind == .directory else {
            return [.warn(name, "\(path) is no directory, and is passed over", next: "unset RBEE_BIN_DIR")]
        }
        return []
    }

    private static func programs(_ context: KeeperContext) async throws -> [Finding] {
        let control = try context.daemons()
        let probes = try context.probes()
        var findings: [Finding] = []
        for search in [control.locateLauncher()] + DaemonReference.kinds.map({ control.locate($0) }) {
            let kind = DaemonReference.kinds.first { $0.binaryName == search.name }
            guard let path = search.found else {
                findings.append(
                    .fail(
                        search.name, "was not found; looked in \(search.places.joined(separator: ", "))",
                        next: kind.map { "rbee-keeper \($0.rawValue) install PATH" } ?? "export RBEE_BIN_DIR=DIR"))
                continue
            }
            do {
                let version = try await probes.version(ofBinary: path)
                if version.split(separator: " ").last.map(String.init) == RbeeVersion.current {
                    findings.append(.ok(search.name, "\(path) is version \(RbeeVersion.current)"))
                } else {
                    findings.append(
                        .warn(
                            search.name, "\(path) says '\(version)', this keeper is \(RbeeVersion.current)",
                            next: kind.map { "rbee-keeper \($0.rawValue) install" }))
                }
            } catch {
                findings.append(
                    .fail(search.name, KeeperError(from: error).message, next: kind.map { "rbee-keeper \($0.rawValue) install" }))
            }
        }
        return findings
    }

    /// The configured ports: ours, free, or somebody else's.
    private static func ports(_ context: KeeperContext) async throws -> [Finding] {
        let rows = try await context.daemons().rows()
        let settings = try context.settings(), probes = try context.probes()
        return try [DaemonKind.queen, .hive].compactMap { kind in
            let key = "\(kind.rawValue).port"
            guard let port = (try settings.entry(key)?.value).flatMap({ Int($0) }), port > 0 else { return nil }
            let subject = "port \(port)"
            guard let holder = try probes.holder(ofPort: port) else { return .ok(subject, "is free for the \(kind.rawValue)") }
            let ours = rows.first { $0.kind == kind && $0.state.isRunning }
            if let ours, holder.pid == ours.pid { return .ok(subject, "is served by \(ours.name)") }
            let message = "is held by \(holder.description), so the \(kind.rawValue) cannot use it"
            // A queen that runs elsewhere does not need it now.
            let next = "rbee-keeper config set \(key) 0"
            return ours == nil ? .fail(subject, message, next: next) : .warn(subject, message, next: next)
        }
    }

    /// What is started at boot, against what would be written now.
    private static func boot(_ context: KeeperContext) async throws -> [Finding] {
        try await BootCommands.installed(context).map { entry in
            let subject = "boot \(entry.service.id.kind)"
            switch try entry.standing() {
            case .current, .absent:
                return entry.isEnabled
                    ? .ok(subject, "\(entry.file.path) is as it would be written")
                    : .warn(subject, "\(entry.file.path) is not enabled", next: "rbee-keeper boot enable \(entry.service.id)")
            case .outdated:
                return .warn(
                    subject, "\(entry.file.path) was written for other settings", next: "rbee-keeper boot enable \(entry.service.id)")
            case .edited: return .warn(subject, "\(entry.file.path) was edited", next: "rbee-keeper boot print \(entry.service.id)")
            }
        }
    }

    private static func configuration(_ context: KeeperContext) -> [Finding] {
        do {
            let settings = try context.settings()
            let problems = settings.problems()
            if problems.isEmpty { return [.ok("config", settings.path)] }
            return problems.map { problem in
                let next = "rbee-keeper config list"
                return problem.isWarning ? .warn("config", problem.message, next: next) : .fail("config", problem.message, next: next)
            }
        } catch {
            return [.fail("config", KeeperError(from: error).message, next: "rbee-keeper config path")]
        }
    }
}
