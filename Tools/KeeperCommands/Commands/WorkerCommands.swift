internal import DaemonContract
internal import OperationContract

/// What only workers have: `worker spawn`, `worker list`, `worker get`.
enum WorkerCommands {
    /// Loading a model takes minutes.
    static let patience: Duration = .seconds(120)

    private static let hive = OptionSpec.value("hive", "INSTANCE", .instance, "which hive", fallback: "localhost")

    static let spawn = Command(
        "worker", "spawn", summary: "have the hive start a worker and look after it",
        discussion: [
            "Starts queen and hive if need be. The hive owns the worker: it starts it again when it dies and stops it when it is stopped itself.",
            #"With --json the hive's own answer: {"worker_id","port","pid","status","base_url","already_running"}."#,
        ],
        options: [.model, .engine, .ttl, hive], operands: [.instance],
        exits: [
            .init(.done, "the worker is ready"), .init(.failed), .init(.usage), .init(.notRunning, "the hive went away meanwhile"),
            .init(.timedOut), .init(.interrupted),
        ],
        examples: [.init("rbee-keeper worker spawn --model builtin", "a worker that the hive looks after")],
        timeout: "2m without any event"
    ) { context in
        let model = try context.model(.model)
        let hiveID = try DaemonID(kind: .hive, instance: context.arguments.text(hive))
        let control = try await context.tidiedDaemons()
        let patience = context.arguments.timeout ?? patience
        let clock = context.clock
        let request = WorkerSpawnRequest(
            hiveID: hiveID.instance, model: model, instance: try context.instances(of: .worker).first?.instance,
            engine: context.arguments.text(.engine), ttlSecs: context.arguments.duration(.ttl).map(WireSeconds.seconds))
        let result = try await context.waiting("the worker may go on starting; see 'rbee-keeper status'") { narrate in
            _ = try await control.start(StartPlan(.queen), narrate: narrate)
            let connect = { @Sendable in try await control.connected(StartPlan(hiveID), narrate: narrate) }
            let job = JobRun(connection: try await connect(), again: connect, patience: patience, clock: clock)
            return try await JobResult.of(job, .workerSpawn(request), as: WorkerSpawnResponse.self, narrate: narrate)
        }
        try context.output.result(SpawnReport(result: result))
        return .done
    }

    static let list = Command(
        "worker", "list", summary: "list the workers that run", discussion: ["The same rows and the same JSON as status."],
        exits: [.init(.done, "also when none runs"), .init(.failed), .init(.usage)],
        examples: [.init("rbee-keeper worker list", "all of them, whoever owns them")]
    ) { context in
        let rows = try await context.daemons().rows().filter { $0.kind == .worker && $0.state.isRunning }
        try context.output.result(StatusReport(rows.inOrder))
        return .done
    }

    static let get = Command(
        "worker", "get", summary: "show what one worker serves and has done",
        discussion: [#"With --json: {"info","stats","models"}, as the worker itself answers."#],
        operands: [OperandSpec("INSTANCE", .instance, "which worker")],
        exits: [.init(.done), .init(.failed), .init(.usage), .init(.notRunning)],
        examples: [.init("rbee-keeper worker get tiny-1", "its model, uptime and requests")],
        timeout: "5s"
    ) { context in
        guard let id = try context.instances(of: .worker).first else { return .usage }
        let connection = try await context.daemons().connection(to: id)
        let deadline = context.arguments.timeout ?? .seconds(5)
        let report = DetailReport(
            info: try await connection.call(.get, DaemonPath.info, deadline: deadline, as: JSONValue.self),
            stats: try await connection.call(.get, DaemonPath.stats, deadline: deadline, as: JSONValue.self),
            models: try await connection.call(.get, OpenAIPath.models, deadline: deadline, as: JSONValue.self))
        try context.output.result(report)
        return .done
    }

    private struct SpawnReport: Report {
        let result: WorkerSpawnResponse

        func encode(to encoder: any Encoder) throws {
            try result.encode(to: encoder)
        }

        func lines(_ style: Style) -> [String] {
            let state = style.paint(result.alreadyRunning == true ? "already running" : "started", .good)
            return ["worker/\(SafeText.line(result.workerID)) \(state) on port \(result.port) (pid \(result.pid))"]
        }
    }

    private struct DetailReport: Report {
        let info: JSONValue
        let stats: JSONValue
        let models: JSONValue

        private enum CodingKeys: String, CodingKey {
            case info, stats, models
        }

        func lines(_ style: Style) -> [String] {
            var lines = FieldLines.lines(info) + FieldLines.lines(stats)
            if case .array(let served)? = models["data"] {
                for model in served { if let id = model["id"]?.stringValue { lines.append("model: \(SafeText.line(id))") } }
            }
            return lines
        }
    }
}

/// An object from a daemon as `key: value` lines.
enum FieldLines {
    static func lines(_ value: JSONValue) -> [String] {
        guard case .object(let fields) = value else { return [] }
        return fields.sorted { $0.key < $1.key }.compactMap { key, value in
            switch value {
            case .string(let text): SafeText.line("\(key): \(text)")
            case .null: nil
            default: (try? ContractJSON.encodeText(value)).map { SafeText.line("\(key): \($0)") }
            }
        }
    }
}
