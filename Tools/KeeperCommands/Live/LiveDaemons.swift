internal import ContextContract
internal import ContextLifecycle
internal import DaemonContract
internal import DaemonLifecycle
internal import EventLoop
internal import HiveLifecycle
internal import OperationContract
internal import Platform
internal import QueenLifecycle
internal import WorkerLifecycle

/// The lifecycle of this machine's daemons, in the name of the keeper.
struct LiveDaemons: DaemonControl {
    let home: RbeeHome
    /// What `RBEE_HOME` names; nil without one.
    let root: String?
    let environment: [String: String]

    func rows() async throws -> [DaemonStatusRow] {
        // All of it on the loop: asking several daemons takes no thread but its own.
        try await withTaskExecutorPreference(EventLoop.shared) { try await directory.list(owner: OwnerName.keeper) }
    }

    func row(of id: DaemonID) async throws -> DaemonStatusRow {
        try await withTaskExecutorPreference(EventLoop.shared) { try await directory.status(of: id, owner: OwnerName.keeper) }
    }

    private var directory: DaemonDirectory {
        DaemonDirectory(home: home, loop: .shared)
    }

    func tidyUp() async throws -> [String] {
        try await Upkeep(home: home).run()
    }

    func clear(_ ids: [DaemonID]?) async throws -> [String] {
        try await Upkeep(home: home).clear(ids)
    }

    func start(_ plan: StartPlan, narrate: @escaping Narrate) async throws -> StartedDaemon {
        for problem in LiveSettings(home: home, environment: environment).exposures(of: plan.id.kind) { narrate("warning: \(problem)") }
        let lifecycle = try await lifecycle(plan)
        let before = try await row(of: plan.id)
        if !before.state.isRunning {
            narrate("starting \(plan.id)")
        } else if !before.state.isServing {
            narrate("\(plan.id) is \(before.state); waiting for it")
        }
        let handle = try await lifecycle.ensure()
        let row = try await row(of: plan.id)
        return StartedDaemon(id: plan.id, handle: handle, pid: handle.processID ?? row.pid, version: row.version)
    }

    func stop(_ id: DaemonID, _ options: StopOptions, narrate: @escaping Narrate) async throws -> StopReceipt {
        let lifecycle = try DaemonLifecycle(DaemonSpecification(id: id), owner: OwnerName.keeper, home: root)
        narrate("stopping \(id)")
        guard let timeout = options.timeout else { return try await lifecycle.stop(grace: options.grace, cascade: options.cascade) }
        // Left alone when the time is over: a stop that is cancelled would only grow harsher.
        return try await Leavable.value {
            try await lifecycle.stop(grace: options.grace, cascade: options.cascade)
        } unless: { leave in
            let timer = Task {
                try await Task.sleep(for: timeout, tolerance: .zero, clock: .continuous)
                leave(
                    KeeperError(
                        .timedOut, "\(id) was not gone within \(DurationText.format(timeout)); what it was asked until then goes on",
                        next: ["rbee-keeper status \(id)", id.command("stop", "--grace 0")], exit: .timedOut))
            }
            return { timer.cancel() }
        }
    }

    func connection(to id: DaemonID) async throws -> any DaemonConnection {
        guard let files = try DaemonFiles.open(id, home: home, create: false) else { throw KeeperError.notRunning(id) }
        return try LiveConnection(files)
    }

    func ask(_ request: ContextRequest, starting: Bool, within limit: Duration) async throws -> ContextResponse {
        let context = try ContextLifecycle(owner: OwnerName.keeper, home: root)
        return starting ? try await context.request(request, within: limit) : try await context.requestIfRunning(request, within: limit)
    }

    func planAsRunning(_ id: DaemonID) async throws -> StartPlan {
        var plan = StartPlan(id)
        guard let files = try DaemonFiles.open(id, home: home, create: false), case .held(_, let record?, _) = try files.look() else {
            return plan
        }
        plan.port = record.port.map(Int.init)
        plan.ttl = WireSeconds.duration(record.ttlSecs)
        guard id.kind == .worker else { return plan }
        // A worker's port is the kernel's choice each time.
        plan.port = nil
        // One that hangs, or goes just now, cannot say it: then it has to be typed.
        let models = try? await connection(to: id).call(.get, OpenAIPath.models, deadline: .seconds(5), as: JSONValue.self)
        plan.worker = models?["data"]?[0]?["id"]?.stringValue.map { WorkerPlan(model: $0) }
        return plan
    }

    func foreground(_ plan: StartPlan) async throws -> ForegroundProgram {
        let specification = try await lifecycle(plan).specification
        let path = try locator.find(specification.program)
        var environment = environment
        if let root { environment[DaemonEnvironment.home] = root }
        for (name, value) in specification.environment { environment[name] = value }
        return ForegroundProgram(
            path: path, arguments: [path, "--instance", plan.id.instance] + specification.arguments, environment: environment)
    }

    func locate(_ kind: DaemonKind) -> BinarySearch {
        search(kind.binaryName)
    }

    func locateLauncher() -> BinarySearch {
        search("rbee-launch")
    }

    private func search(_ name: String) -> BinarySearch {
        BinarySearch(name: name, found: try? locator.find(name), places: locator.places)
    }

    private var locator: BinaryLocator {
        BinaryLocator(home: home, environment: environment)
    }

    /// The lifecycle of what a plan wants.
    private func lifecycle(_ plan: StartPlan) async throws -> DaemonLifecycle {
        let port = plan.port.flatMap { UInt16(exactly: $0) }
        func configure(_ specification: inout DaemonSpecification) {
            if let binary = plan.binary { specification.program = AbsolutePath.of(binary) }
            if let timeout = plan.timeout { specification.startTimeout = timeout }
            specification.replacesOtherBuilds = plan.matchesBuild
            if plan.id.kind == .worker { specification.setOption("--port", plan.port.map { "\($0)" }) }
            specification.setOption("--engine", plan.worker?.engine)
            specification.setOption("--engine-config", plan.worker?.engineConfig)
        }
        switch plan.id.kind {
        case .queen:
            return try QueenLifecycle(
                instance: plan.id.instance, port: port, timeToLive: plan.ttl, owner: OwnerName.keeper, home: root, configure: configure
            ).lifecycle
        case .hive:
            return try HiveLifecycle(
                instance: plan.id.instance, port: port, queenURL: try await url(of: .queen), timeToLive: plan.ttl, owner: OwnerName.keeper,
                home: root, configure: configure
            ).lifecycle
        case .context:
            return try ContextLifecycle(
                instance: plan.id.instance, timeToLive: plan.ttl, owner: OwnerName.keeper, home: root, configure: configure
            ).lifecycle
        default:
            return try WorkerLifecycle(
                instance: plan.id.instance, model: plan.worker?.model ?? WorkerPlanning.builtin, hiveURL: try await url(of: .hive),
                queenURL: try await url(of: .queen), timeToLive: plan.ttl, owner: OwnerName.keeper, home: root, configure: configure
            ).lifecycle
        }
    }

    /// Where a daemon serves that runs; nil when it does not.
    private func url(of id: DaemonID) async throws -> String? {
        let row = try await row(of: id)
        return row.state.isRunning ? row.baseURL : nil
    }
}
