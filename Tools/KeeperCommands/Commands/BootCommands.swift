internal import DaemonContract
internal import Platform

/// `boot`: daemons that a service manager starts at login or boot.
enum BootCommands {
    private static let systemd = OptionSpec.flag("systemd", "a systemd user unit, as is usual on Linux")
    private static let launchd = OptionSpec.flag("launchd", "a launchd agent, as is usual on macOS")
    private static let managers = [systemd, launchd]
    private static let daemon = OperandSpec("DAEMON", .daemon, "queen, hive, context or worker/NAME")
    private static let discussion =
        "The daemon is started as it is now, or would be by its start command: program, home, model, time to live."

    static let enable = Command(
        "boot", "enable", summary: "have a daemon started at login or boot",
        discussion: [
            discussion,
            "Writes the service manager's file and enables it. One that somebody has edited is left alone. Nothing is started now.",
            #"With --json: {"daemon","manager","path","standing","enabled"}."#,
        ],
        options: managers, operands: [daemon],
        examples: [.init("rbee-keeper boot enable context", "at the next login")]
    ) { context in
        let entry = try await entry(context)
        try entry.enable()
        try context.output.result(try BootReport(entry))
        for hint in hints(entry) { context.output.note(hint) }
        return .done
    }

    static let disable = Command(
        "boot", "disable", summary: "have a daemon not started at login or boot any more",
        discussion: ["Removes what enable wrote, unless somebody has edited it. A daemon that runs goes on running."],
        options: managers, operands: [daemon],
        exits: [.init(.done, "also when it was not enabled"), .init(.failed), .init(.usage)],
        examples: [.init("rbee-keeper boot disable context", "undo it")]
    ) { context in
        let entry = try await entry(context)
        _ = try entry.disable()
        try context.output.result(try BootReport(entry))
        return .done
    }

    static let status = Command(
        "boot", "status", summary: "show whether a daemon is started at login or boot",
        discussion: [
            "current: as it would be written now; outdated: written for other settings; edited: changed by somebody; absent.",
            #"With --json: {"daemon","manager","path","standing","enabled"}."#,
        ],
        options: managers, operands: [daemon],
        exits: [.init(.done, "it is enabled"), .init(.failed), .init(.usage), .init(.notRunning, "it is not enabled")],
        examples: [.init("rbee-keeper boot status queen", "one of them")]
    ) { context in
        let entry = try await entry(context)
        try context.output.result(try BootReport(entry))
        return entry.isEnabled ? .done : .notRunning
    }

    static let print = Command(
        "boot", "print", summary: "print what enable would write", options: managers, operands: [daemon],
        examples: [
            .init("rbee-keeper boot print hive", "to read it before it is used"),
            .init("rbee-keeper boot print --launchd context | plutil -lint -", "for another system"),
        ]
    ) { context in
        try context.output.result(TextFileReport(entry: try await entry(context)))
        return .done
    }

    /// Every daemon whose file is there, for `doctor`.
    static func installed(_ context: KeeperContext) async throws -> [BootEntry] {
        guard context.environment["HOME"]?.hasPrefix("/") == true else { return [] }
        var found: [BootEntry] = []
        for kind in DaemonReference.kinds where kind != .worker {
            let entry = try await entry(of: DaemonID(kind: kind), .native, context)
            if try entry.standing() != .absent { found.append(entry) }
        }
        return found
    }

    private static func entry(_ context: KeeperContext) async throws -> BootEntry {
        let chosen = managers.filter { context.arguments.has($0) }
        guard chosen.count < 2 else {
            throw KeeperError(.usage, "--systemd and --launchd exclude each other", next: ["rbee-keeper boot --help"], exit: .usage)
        }
        return try await entry(
            of: try await context.chosenDaemon(), chosen.first.flatMap { BootManager(rawValue: $0.name) } ?? .native, context)
    }

    private static func entry(of id: DaemonID, _ manager: BootManager, _ context: KeeperContext) async throws -> BootEntry {
        let control = try context.daemons()
        var plan = try await control.planAsRunning(id)
        if id.kind == .worker, plan.worker == nil { plan.worker = WorkerPlan(model: try context.model(.model)) }
        let program = try await control.foreground(plan)
        guard let home = context.environment["HOME"], home.hasPrefix("/") else {
            throw KeeperError(.failed, "HOME is not set, so there is no place for it", next: ["export HOME=DIR"])
        }
        let configuration = context.environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.config"
        let names = [DaemonEnvironment.home, "RBEE_BIN_DIR"]
        let environment = names.compactMap { name in program.environment[name].flatMap { $0.isEmpty ? nil : (name, $0) } }
        let keeper = RunningProgram.path ?? "rbee-keeper"
        let service = BootService(
            id: id, summary: summary(of: id.kind), command: [program.path] + program.arguments.dropFirst() + ["--owner", OwnerName.keeper],
            stopCommand: [keeper, id.kind.rawValue, "stop", id.instance], environment: environment,
            output: "\(try context.home().logs)/\(id.kind)-\(id.instance).boot.log")
        return BootEntry(service, manager, home: home, configuration: configuration)
    }

    private static func summary(of kind: DaemonKind) -> String {
        CommandTable.keeper.groups.first { $0.name == kind.rawValue }?.summary ?? kind.rawValue
    }

    private static func hints(_ entry: BootEntry) -> [String] {
        switch entry.manager {
        case .systemd:
            [
                "start it now: systemctl --user daemon-reload && systemctl --user start \(entry.service.name)",
                "before anybody logs in, too: loginctl enable-linger",
            ]
        case .launchd: ["start it now: launchctl bootstrap gui/$(id -u) \(ShellWord.quoted(entry.file.path))"]
        }
    }

    private struct BootReport: Report {
        let daemon: String
        let manager: String
        let path: String
        let standing: String
        let enabled: Bool

        init(_ entry: BootEntry) throws {
            daemon = entry.service.id.description
            manager = entry.manager.rawValue
            path = entry.file.path
            standing = try entry.standing().rawValue
            enabled = entry.isEnabled
        }

        func lines(_ style: Style) -> [String] {
            [
                "\(daemon) \(style.paint(enabled ? "enabled" : "not enabled", enabled ? .good : .faint)): \(SafeText.line(path)) is \(standing)"
            ]
        }
    }

    /// JSON: `{"path","text"}`.
    private struct TextFileReport: Report {
        let path: String
        let text: String

        init(entry: BootEntry) {
            path = entry.file.path
            text = entry.file.text
        }

        func lines(_ style: Style) -> [String] {
            text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }
}
