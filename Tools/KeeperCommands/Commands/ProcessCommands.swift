internal import DaemonContract
internal import DaemonLifecycle
internal import OperationContract

/// `process list`, `start`, `stop`, `restart`, `status`, `logs`: the plain programs that the hive keeps running.
enum ProcessCommands {
    static let all: [Command] = [list, start, stop, restart, status, logs]

    private static let hive = OptionSpec.value("hive", "INSTANCE", .instance, "which hive", fallback: "localhost")
    private static let names = OperandSpec("NAME", .instance, "which ones, as the configuration calls them", count: .any)
    /// Programs may take long to come up.
    private static let patience: Duration = .seconds(300)
    private static let json = [
        #"With --json: {"processes":[{"name","state","pid","uptime_secs","restarts","reason","command","configured"}]};"#
            + " what is unknown is left out."
    ]
    private static let errors = #"Beside them "errors": {NAME: why}, of those that are not as they were wanted."#
    private static let declared =
        "Programs are declared in the configuration, under `processes:`: NAME: {command: [/usr/bin/program, argument]}."

    // MARK: Looking

    private static let list = Command(
        "process", "list", summary: "list the programs of the hive",
        discussion: [declared] + json, options: [hive],
        exits: [.init(.done, "also when there are none"), .init(.failed), .init(.usage)],
        examples: [.init("rbee-keeper process list", "all of them, running or not")]
    ) { context in
        try context.output.result(ProcessReport(try await known(context)))
        return .done
    }

    private static let status = Command(
        "process", "status", summary: "show how programs of the hive are", discussion: json,
        options: [hive], operands: [names],
        exits: [
            .init(.done, "all that were named run"), .init(.failed), .init(.usage),
            .init(.notRunning, "one is stopped, failed or waits for its next start, or there is none"),
        ],
        examples: [.init("rbee-keeper process status db && echo up", "in a script")]
    ) { context in
        let known = try await known(context)
        let wanted = try context.instances(of: .process).map(\.instance)
        let chosen =
            wanted.isEmpty
            ? known
            : try wanted.map { name in
                guard let process = known.first(where: { $0.name == name }) else {
                    throw KeeperError(.failed, "there is no process \(name)", next: ["rbee-keeper process list"], exit: .notRunning)
                }
                return process
            }
        try context.output.result(ProcessReport(chosen))
        return !chosen.isEmpty && chosen.allSatisfy(\.state.isRunning) ? .done : .notRunning
    }

    private static let logs = Command(
        "process", "logs", summary: "show what a program has written to its standard streams",
        discussion: ["Reads the files, so it also works for a program that no longer runs."], options: [.lines, .follow],
        operands: [OperandSpec("NAME", .instance, "which program")],
        exits: [
            .init(.done), .init(.failed, "there is no log"), .init(.usage), .init(.interrupted, "Ctrl-C, the usual end of --follow"),
        ],
        examples: [.init("rbee-keeper process logs db -f", "follow it")]
    ) { context in
        guard let id = try context.instances(of: .process).first else { return .usage }
        return try await LogsCommand.show(id, context)
    }

    // MARK: Orders

    private static let start = order(
        "start", "start programs, or say that they run",
        [
            "Starts the hive if need be, and returns when each program can serve: when its health URL answers, when it has said that it is "
                + "ready, or at once. The configuration is read again before."
        ])
    private static let restart = order(
        "restart", "stop programs and start them again",
        ["Those that do not run are started. The configuration is read again before, so what was changed counts from now on."])

    private static func order(_ action: String, _ summary: String, _ discussion: [String]) -> Command {
        Command(
            path: ["process", action], summary: summary, discussion: discussion + json + [errors],
            options: [hive, .all], operands: [names],
            exits: [
                .init(.done, "all of them run"), .init(.failed, "one does not, and why"), .init(.usage), .init(.timedOut),
                .init(.interrupted),
            ],
            examples: [
                .init("rbee-keeper process \(action) db", "one of them"), .init("rbee-keeper process \(action) --all", "all of them"),
            ],
            timeout: "5m"
        ) { context in
            let order = try order(context)
            let control = try await context.tidiedDaemons()
            let plan = StartPlan(try DaemonID(kind: .hive, instance: context.arguments.text(hive)))
            let deadline = context.arguments.timeout ?? patience
            let reply = try await context.waiting("the hive goes on with it; see 'rbee-keeper process list'") { narrate in
                let connection = try await control.connected(plan, narrate: narrate)
                narrate("waiting until they can serve")
                return try await connection.call(
                    .post, RegistryPath.processes(action), body: order, deadline: deadline, as: ProcessOrderReply.self)
            }
            return try told(reply, context)
        }
    }

    private static let stop = Command(
        "process", "stop", summary: "stop programs, each with its whole tree",
        discussion: [
            "They stay down until they are started again, also when the hive crashes meanwhile. Not running is fine."
        ] + json + [errors],
        options: [hive, .all], operands: [names],
        exits: [
            .init(.done, "they are gone, also when they did not run"), .init(.failed), .init(.usage), .init(.timedOut), .init(.interrupted),
        ],
        examples: [.init("rbee-keeper process stop db", "one of them"), .init("rbee-keeper process stop --all", "all of them")],
        timeout: "5m"
    ) { context in
        let order = try order(context)
        let control = try context.daemons()
        let id = try DaemonID(kind: .hive, instance: context.arguments.text(hive))
        let deadline = context.arguments.timeout ?? patience
        let reply = try await context.leaving("what was already asked to stop goes on stopping") { narrate in
            do {
                let connection = try await control.connection(to: id)
                return try await connection.call(
                    .post, RegistryPath.processes("stop"), body: order, deadline: deadline, as: ProcessOrderReply.self)
            } catch let error as KeeperError where error.exit == .notRunning {
                return try await stopWithoutHive(order, control, narrate)
            }
        }
        return try told(reply, context)
    }

    /// What a hive that is gone has left running is stopped like any other daemon.
    private static func stopWithoutHive(
        _ order: ProcessOrder, _ control: any DaemonControl, _ narrate: @escaping Narrate
    ) async throws -> ProcessOrderReply {
        let running = try await control.rows().filter { $0.kind == .process && $0.state.isRunning }
        var stopped: [SupervisedProcess] = []
        for row in running where order.names?.contains(row.instance) ?? true {
            _ = try await control.stop(DaemonID(kind: .process, instance: row.instance), StopOptions(), narrate: narrate)
            stopped.append(SupervisedProcess(name: row.instance, state: .stopped))
        }
        return ProcessOrderReply(processes: stopped, errors: [:])
    }

    private static func order(_ context: KeeperContext) throws -> ProcessOrder {
        let named = try context.instances(of: .process).map(\.instance)
        switch (named.isEmpty, context.arguments.has(.all)) {
        case (true, true): return ProcessOrder()
        case (false, false): return ProcessOrder(names: named)
        case (true, false):
            throw KeeperError(.usage, "which program? Name some, or say --all", next: ["rbee-keeper process list"], exit: .usage)
        case (false, true):
            throw KeeperError(.usage, "either names or --all, not both", next: ["rbee-keeper process list"], exit: .usage)
        }
    }

    private static func told(_ reply: ProcessOrderReply, _ context: KeeperContext) throws -> ExitCode {
        try context.output.result(ProcessReport(reply.processes, errors: reply.errors))
        let failures = reply.errors.sorted { $0.key < $1.key }.map { name, why in
            KeeperError(.failed, "process/\(name): \(why)", next: ["rbee-keeper process logs \(name)"])
        }
        for failure in failures.dropLast() { context.output.error(failure) }
        if let last = failures.last { throw last }
        return .done
    }

    /// The programs as the hive tells of them; without a hive, what of them runs all the same.
    private static func known(_ context: KeeperContext) async throws -> [SupervisedProcess] {
        let control = try context.daemons()
        let id = try DaemonID(kind: .hive, instance: context.arguments.text(hive))
        do {
            let connection = try await control.connection(to: id)
            return try await connection.call(
                .get, RegistryPath.processes, deadline: context.arguments.timeout ?? .seconds(5), as: SupervisedProcessList.self
            ).processes
        } catch let error as KeeperError where error.exit == .notRunning {
            return try await control.rows().filter { $0.kind == .process }.map {
                SupervisedProcess(
                    name: $0.instance, state: $0.state, pid: $0.pid.map { UInt32(clamping: $0) }, uptimeSecs: $0.uptimeSecs,
                    reason: $0.reason ?? "no hive runs; start it with: \(id.startCommand)")
            }
        }
    }
}

/// The table of plain programs.
struct ProcessReport: Report {
    private let processes: [SupervisedProcess]
    private let errors: [String: String]?

    init(_ processes: [SupervisedProcess], errors: [String: String]? = nil) {
        self.processes = processes
        self.errors = errors
    }

    private enum CodingKeys: String, CodingKey {
        case processes, errors
    }

    func lines(_ style: Style) -> [String] {
        guard !processes.isEmpty else { return ["no process; declare some under `processes:` in the configuration"] }
        var table = TextTable(header: ["PROCESS", "STATE", "PID", "UPTIME", "RESTARTS", "REASON"])
        for process in processes {
            table.add(
                .init(process.name), .init(process.state.rawValue, StatusReport.tone(of: process.state)),
                .init(process.pid.map { "\($0)" } ?? "-"), .init(process.uptimeSecs.map { HumanTime.span(seconds: $0) } ?? "-"),
                .init("\(process.restarts)"),
                .init(process.reason ?? (process.configured ? "" : "it is not in the configuration any more")))
        }
        return table.lines(style)
    }
}
