internal import ContextContract
internal import DaemonContract
internal import Glibc

/// What only the context daemon has: `context init`, `project`, `get`, `graft`, `ping`.
enum ContextCommands {
    /// Scanning a large project takes a while.
    static let patience: Duration = .seconds(120)

    private static let project = OperandSpec("PATH", .path, "the project's folder; without it, the working directory", count: .optional)
    private static let promptOption = OptionSpec.value("prompt", short: "p", "TEXT", .text, "what the context is for")
    private static let agent = OptionSpec.value("agent", "NAME", .text, "who decided it", fallback: "keeper")
    private static let rationale = OptionSpec.value("rationale", "TEXT", .text, "why")
    private static let file = OptionSpec.value("file", "PATH", .path, "a file that it is about", mayRepeat: true)
    private static let path = OptionSpec.value("path", "PATH", .path, "the project's folder", defaultText: "the working directory")
    private static let exits: [Command.Exit] = [
        .init(.done), .init(.failed), .init(.usage), .init(.timedOut), .init(.interrupted),
    ]

    static let initialize = Command(
        "context", "init", summary: "make a project known to the context daemon, and scan it",
        discussion: [
            "Starts the daemon if need be. A project that is known already stays as it is; its files are watched, and need no second scan.",
            #"With --json: {"path","file_count","languages":[{"name","files"}],"last_scan"}, or {} with --quick."#,
        ],
        options: [.flag("quick", "return before it is scanned")], operands: [project], exits: exits,
        examples: [.init("rbee-keeper context init", "the project in the working directory")], timeout: "2m"
    ) { context in
        let quick = context.arguments.has(.flag("quick", ""))
        let cwd = context.projectPath
        do {
            if case .project(let summary)? = try await context.ask(.initProject(cwd: cwd, asyncMode: quick)) {
                try context.output.result(ProjectReport(summary: summary, headline: "initialized"))
            } else {
                try context.output.result(QuickReport(path: cwd))
            }
        } catch {
            // What is so already is no failure, whoever made it so, and however recently.
            guard case .initStatus(true, let summary?)? = try? await context.ask(.checkInit(cwd: cwd)) else { throw error }
            try context.output.result(ProjectReport(summary: summary, headline: "was initialized already"))
        }
        return .done
    }

    static let show = Command(
        "context", "project", summary: "show what is known of a project",
        discussion: [#"With --json: {"path","file_count","languages":[{"name","files"}],"last_scan"}."#],
        operands: [project], exits: exits + [.init(.notRunning, "the project is not initialized")],
        examples: [.init("rbee-keeper context project ~/src/rbee", "files, languages, last scan")], timeout: "2m"
    ) { context in
        let cwd = context.projectPath
        guard case .initStatus(_, let summary?)? = try await context.ask(.checkInit(cwd: cwd)) else {
            throw KeeperError(
                .init(rawValue: ContextErrorCode.notInitialized.rawValue), "the project \(cwd) is not initialized",
                next: ["rbee-keeper context init \(ShellWord.quoted(cwd))"], exit: .notRunning)
        }
        try context.output.result(ProjectReport(summary: summary, headline: "initialized"))
        return .done
    }

    static let get = Command(
        "context", "get", summary: "print what there is to know about a project, as markdown",
        discussion: [#"With --json: {"context","nodes"}; nodes are the files that it is about."#],
        options: [promptOption], operands: [project], exits: exits,
        examples: [.init("rbee-keeper context get --prompt 'how does the parser work'", "for a task")], timeout: "2m"
    ) { context in
        let request = ContextRequest.getContext(cwd: context.projectPath, prompt: context.arguments.text(promptOption))
        guard case .context(let text, let nodes)? = try await context.ask(request) else { throw KeeperError.unexpectedAnswer }
        try context.output.result(TextReport(context: text, nodes: nodes))
        return .done
    }

    static let graft = Command(
        "context", "graft", summary: "have a decision remembered with its project",
        options: [agent, rationale, file, path], operands: [OperandSpec("DECISION", .text, "what was decided")], exits: exits,
        examples: [.init("rbee-keeper context graft 'errors are structs' --rationale 'they carry context'", "in the working directory")],
        timeout: "2m"
    ) { context in
        let arguments = context.arguments
        let cwd = context.absolute(arguments.text(path) ?? ".")
        // Asked first: what is only acknowledged could not say that there is no such project.
        guard case .initStatus(true, _)? = try await context.ask(.checkInit(cwd: cwd)) else {
            throw KeeperError(
                .init(rawValue: ContextErrorCode.notInitialized.rawValue), "the project \(cwd) is not initialized",
                next: ["rbee-keeper context init \(ShellWord.quoted(cwd))"])
        }
        let experience = Experience(
            agentID: arguments.text(agent) ?? "keeper", decision: arguments.operands.first ?? "", rationale: arguments.text(rationale),
            filesTouched: arguments.options[file.name] ?? [], timestamp: Int64(time(nil)))
        _ = try await context.ask(.graftExperience(cwd: cwd, experience: experience))
        try context.output.result(DoneReport(what: "remembered"))
        return .done
    }

    static let ping = Command(
        "context", "ping", summary: "ask the context daemon for an answer on its own socket",
        discussion: ["Counts as use. Starts nothing.", #"With --json: {"status","latency_ms"}."#],
        exits: exits + [.init(.notRunning)], examples: [.init("rbee-keeper context ping", "how long a request takes")], timeout: "5s"
    ) { context in
        let began = context.clock.now
        let deadline = context.arguments.timeout ?? .seconds(5)
        guard case .ok(.pong?) = try await context.daemons().ask(.ping, starting: false, within: deadline) else {
            throw KeeperError.unexpectedAnswer
        }
        try context.output.result(PongReport(latency: context.clock.now - began))
        return .done
    }
}

extension KeeperContext {
    /// The folder that was named, or the working directory.
    fileprivate var projectPath: String { absolute(arguments.operands.first ?? ".") }

    /// Asks the context daemon, which is started if need be.
    ///
    /// - Returns: what the answer carries.
    /// - Throws: the daemon's own error, with its code.
    func ask(_ request: ContextRequest) async throws -> ContextData? {
        let control = try await tidiedDaemons()
        let deadline = arguments.timeout ?? ContextCommands.patience
        let response = try await waiting("the context daemon may go on with it") { _ in
            try await control.ask(request, starting: true, within: deadline)
        }
        switch response {
        case .ok(let data): return data
        case .ack: return nil
        case .error(let code, let message):
            let next =
                switch code {
                case .notInitialized: ["rbee-keeper context init"]
                case .invalidRequest: ["rbee-keeper context project"]
                default: ["rbee-keeper context logs"]
                }
            throw KeeperError(.init(rawValue: code.rawValue), message, next: next)
        }
    }
}

extension KeeperError {
    fileprivate static let unexpectedAnswer = KeeperError(
        .failed, "the context daemon answered something else than was asked: it may be of another version",
        next: ["rbee-keeper context restart", "rbee-keeper doctor"])
}
