internal import DaemonContract

/// The commands that every kind of daemon has: `queen start`, `hive stop`, `worker logs`, …
struct KindCommands {
    let kind: DaemonKind

    var all: [Command] {
        [start, ensure, stop, restart, status, logs, install, uninstall]
    }

    /// How examples call it.
    private var typed: String { "rbee-keeper \(kind.rawValue)" }
    private var isWorker: Bool { kind == .worker }
    private var listensOnTCP: Bool { kind != .context }
    private var model: String { isWorker ? " --model builtin" : "" }

    private var launchOptions: [OptionSpec] {
        (isWorker ? [.model, .engine, .engineConfig] : []) + (listensOnTCP ? [.port] : []) + [.ttl, .binary]
    }

    private static let startExits: [Command.Exit] = [
        .init(.done, "it runs and has answered, also when it already did"), .init(.failed), .init(.usage),
        .init(.timedOut, "it did not answer in time"),
        .init(.lostRace, "another one took its place meanwhile"), .init(.interrupted),
    ]

    private var start: Command {
        Command(
            path: [kind.rawValue, "start"], summary: "start the \(kind.rawValue), or say that it already runs",
            discussion: [
                "Returns as soon as it has answered. It outlives this command, its terminal and its pipes. What is said about "
                    + "\(listensOnTCP ? "the port or the" : "the") time to live counts only for one that is started.",
                #"With --json: {"kind","instance","started_by_us","base_url","pid","version","elapsed_ms"}."#,
            ],
            options: launchOptions + [.foreground], operands: [.instance], exits: Self.startExits,
            examples: [
                .init("\(typed) start\(model)", "start it in the background"),
                .init("\(typed) start\(model) --foreground", "under a service manager"),
            ] + (listensOnTCP ? [.init("\(typed) start\(model) --port 0", "on a port that the kernel chooses")] : []),
            timeout: "30s"
        ) { context in
            let plan = try startPlan(context)
            if context.arguments.has(.foreground) { return try await ForegroundStart.run(plan, context) }
            return try await Self.start(plan, context)
        }
    }

    private var ensure: Command {
        Command(
            path: [kind.rawValue, "ensure"], summary: "make sure that the \(kind.rawValue) runs and answers, as itself",
            discussion: [
                "For scripts: as start, and with --match-build a running one of another version or build is replaced by the one installed.",
                #"With --json: {"kind","instance","started_by_us","base_url","pid","version","elapsed_ms"}."#,
            ],
            options: launchOptions + [.matchBuild], operands: [.instance], exits: Self.startExits,
            examples: [
                .init("\(typed) ensure\(model) --json | jq -r .base_url", "where it answers"),
                .init("\(typed) ensure\(model) --match-build", "after an upgrade"),
            ],
            timeout: "30s"
        ) { context in
            var plan = try startPlan(context)
            plan.matchesBuild = context.arguments.has(.matchBuild)
            return try await Self.start(plan, context)
        }
    }

    private var stop: Command {
        Command(
            path: [kind.rawValue, "stop"], summary: "stop the \(kind.rawValue) and everything it started",
            discussion: [
                "Asks it to finish, then terminates, then kills; returns when the whole tree of its processes is gone. Not running is fine.",
                #"With --json: {"stopped":[…],"left":[]}."#,
            ],
            options: [.grace, .flag("no-cascade", "leave what it owns running")] + (isWorker ? [.all] : []), operands: [.instances],
            exits: [
                .init(.done, "it is gone, also when it did not run"), .init(.failed), .init(.usage), .init(.timedOut), .init(.interrupted),
            ],
            examples: [
                .init(isWorker ? "\(typed) stop tiny-1" : "\(typed) stop", "stop it"),
                .init("\(typed) stop\(isWorker ? " --all" : "") --grace 1s", "and wait less for requests in flight"),
            ],
            timeout: "what the steps of the stop add up to, 16s"
        ) { context in
            try await StopCommand.stop(kind, context)
        }
    }

    private var restart: Command {
        Command(
            path: [kind.rawValue, "restart"], summary: "stop the \(kind.rawValue) and start it again; what it owns keeps running",
            discussion: listensOnTCP
                ? ["The new one adopts what the old one owned, and listens on the same port unless another is named."] : [],
            options: launchOptions.map { $0 == .model ? $0.defaulting(to: "the one it serves") : $0 } + [.grace], operands: [.instance],
            exits: Self.startExits,
            examples: [.init(isWorker ? "\(typed) restart tiny-1" : "\(typed) restart", "with the same port and model")],
            timeout: "30s for the start"
        ) { context in
            try await RestartCommand.restart(kind, context)
        }
    }

    private var status: Command {
        Command(
            path: [kind.rawValue, "status"], summary: "show how the \(kind.rawValue) is",
            discussion: ["The same rows and the same JSON as 'rbee-keeper status'."], operands: [.instances],
            exits: [
                .init(.done, "it runs"), .init(.failed), .init(.usage), .init(.notRunning, "it is stopped, stale or failed"),
                .init(.timedOut, "it runs and did not answer in time (silent)"),
            ],
            examples: [.init("\(typed) status --json", "for programs")]
        ) { context in
            try await StatusCommand.show(kind: kind, context)
        }
    }

    private var logs: Command {
        Command(
            path: [kind.rawValue, "logs"], summary: "show the log of the \(kind.rawValue)", discussion: LogsCommand.discussion,
            options: LogsCommand.options, operands: [.instance],
            examples: [.init("\(typed) logs -f", "follow it"), .init("\(typed) logs --streams", "what it wrote to its standard streams")]
        ) { context in
            guard let id = try await context.chosen(of: kind).first else { return .failed }
            return try await LogsCommand.show(id, context)
        }
    }

    private var install: Command {
        InstallCommand.install(kind)
    }

    private var uninstall: Command {
        InstallCommand.uninstall(kind)
    }

    /// What the command line asks to be started.
    private func startPlan(_ context: KeeperContext) throws -> StartPlan {
        let named = try context.instances(of: kind).first
        var plan: StartPlan
        if isWorker {
            plan = try WorkerPlanning.plan(
                model: try context.model(.model), instance: named?.instance, engine: context.arguments.text(.engine),
                engineConfig: context.arguments.text(.engineConfig))
        } else {
            plan = StartPlan(try named ?? DaemonID(kind: kind))
        }
        plan.read(context.arguments)
        return plan
    }

    static func start(_ plan: StartPlan, _ context: KeeperContext) async throws -> ExitCode {
        let control = try await context.tidiedDaemons()
        let began = context.clock.now
        let started = try await context.waiting("\(plan.id) may go on starting; see 'rbee-keeper status'") { narrate in
            try await control.start(plan, narrate: narrate)
        }
        try context.output.result(StartReport(started: started, elapsed: context.clock.now - began))
        if let port = plan.port, port != 0, !started.handle.shouldCleanup, !started.handle.baseURL.hasSuffix(":\(port)") {
            context.output.warning(
                "\(plan.id) already ran, so --port \(port) had no effect; '\(plan.id.command("restart", "--port \(port)"))' moves it"
            )
        }
        return .done
    }
}

extension StartPlan {
    /// Takes over what the common options say.
    mutating func read(_ arguments: Arguments) {
        port = arguments.integer(.port) ?? port
        ttl = arguments.duration(.ttl) ?? ttl
        binary = arguments.text(.binary) ?? binary
        timeout = arguments.timeout ?? timeout
    }
}
