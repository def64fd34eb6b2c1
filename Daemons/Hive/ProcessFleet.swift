package import Configuration
internal import DaemonContract
package import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import HTTP
package import OperationContract

/// The plain programs of a hive: what the configuration says of them, and what is asked of them.
package actor ProcessFleet {
    /// Reads the configuration as it is now.
    package typealias Reading = @Sendable () -> (Configuration, [ConfigurationProblem])

    let context: LifecycleContext
    private let supervisor: ProgramSupervisor
    private let read: Reading
    private let isUsual: Bool
    /// What is wrong with the configuration of a program, by its name.
    private var faults: [String: String] = [:]
    private var begun: Task<Void, Never>?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - context: the run directory, and the hive as the owner of what is started.
    ///   - isUsual: whether it is the usual hive: of several in one home that one alone starts programs without being asked.
    ///   - onChange: called on the loop after every change of a program's state, with its cause.
    package init(
        context: LifecycleContext, isUsual: Bool = true, policy: RestartMachine.Policy = .init(), read: @escaping Reading,
        onChange: @escaping @Sendable (SupervisedProcess) -> Void
    ) {
        self.context = context
        self.read = read
        self.isUsual = isUsual
        supervisor = ProgramSupervisor(context: context, policy: policy) { onChange(SupervisedProcess($0)) }
    }

    /// Takes charge of what runs already, and starts what is to run.
    package func begin() {
        begun = Task { [supervisor] in
            // What is wrong was said when the hive started, or is said to whoever asks for more.
            _ = try? await reload()
            await supervisor.begin()
        }
    }

    /// Reads what is configured now. What is wrong with one program keeps that one as it was.
    private func reload() async throws(FleetError) {
        let (configuration, problems) = read()
        // Without a file that can be read, nothing is known of any.
        if let problem = problems.first(where: { $0.key == nil && !$0.kind.isWarning }) { throw .badConfiguration(problem.description) }
        faults = [:]
        for problem in problems where !problem.kind.isWarning {
            let parts = (problem.key ?? "").split(separator: ".", maxSplits: 2)
            guard parts.count > 1, parts[0] == Settings.processes.key.name else { continue }
            faults[String(parts[1])] = problem.description
        }
        let kept = await supervisor.specifications().filter { faults[$0.id.instance] != nil }
        var read = configuration[Settings.processes].processes.compactMap { ProgramSpecification($0, configuration) }
        if !isUsual { for index in read.indices { read[index].isAutomatic = false } }
        await supervisor.define(read + kept)
    }

    // MARK: Orders

    /// Starts programs, as they are configured now; those that run are left alone.
    package func start(_ order: ProcessOrder) async throws -> ProcessOrderReply {
        try await prepare()
        return try await perform(order, wishes: true) { [supervisor] in await supervisor.start($0) }
    }

    /// Stops programs for good.
    package func stop(_ order: ProcessOrder) async throws -> ProcessOrderReply {
        await begun?.value
        return try await perform(order, wishes: false) { [supervisor] in await supervisor.stop($0) }
    }

    /// Stops those that run, and starts all, as they are configured now.
    package func restart(_ order: ProcessOrder) async throws -> ProcessOrderReply {
        try await prepare()
        return try await perform(order, wishes: true) { [supervisor] in await supervisor.restart($0) }
    }

    private func prepare() async throws(FleetError) {
        await begun?.value
        try await reload()
    }

    private func perform(
        _ order: ProcessOrder, wishes: Bool, _ body: @Sendable ([DaemonID]) async -> [DaemonID: String]
    ) async throws -> ProcessOrderReply {
        let known = await supervisor.reports()
        let ids: [DaemonID]
        if let names = order.names {
            ids = try names.map { name throws(FleetError) in
                guard let id = known.first(where: { $0.id.instance == name })?.id else {
                    throw .unknownProcess(name, fault: faults[name], known: known.map(\.id.instance))
                }
                return id
            }
        } else {
            ids = known.map(\.id)
        }
        var errors: [String: String] = [:]
        for (id, failure) in await body(ids) { errors[id.instance] = failure }
        for id in ids where wishes { if let fault = faults[id.instance] { errors[id.instance] = fault } }
        let reports = await supervisor.reports().filter { ids.contains($0.id) }
        return ProcessOrderReply(processes: reports.map(SupervisedProcess.init), errors: errors)
    }

    // MARK: Telling

    /// All of them, as they are now.
    package func list() async -> SupervisedProcessList {
        await begun?.value
        return SupervisedProcessList(processes: await supervisor.reports().map(SupervisedProcess.init))
    }

    /// Why not all is well with them; nil when it is.
    package func trouble() async -> String? {
        for report in await supervisor.reports() {
            let name = report.id.instance, reason = report.reason ?? "failed"
            switch report.state {
            case .failed: return "process \(name) was given up: it \(reason); start it again with: rbee-keeper process start \(name)"
            case .backoff: return "process \(name) keeps failing and is started again: it \(reason)"
            default: continue
            }
        }
        return nil
    }

    /// Stops all of them.
    package func stopAll(within limit: Duration) async {
        await supervisor.stopAll(within: limit)
    }

    /// Leaves them running, for whoever comes next.
    package func leave() async {
        await supervisor.leave()
    }
}

extension ProgramSpecification {
    /// - Returns: nil for one whose name is none, or whose health URL cannot be asked: neither is in a configuration that was read.
    fileprivate init?(_ process: ProcessConfiguration, _ configuration: Configuration) {
        guard let id = try? DaemonID(kind: .process, instance: process.name) else { return nil }
        var readiness: Readiness = process.notifies ? .notified : .running
        if let health = process.health {
            guard let (endpoint, target) = HTTPEndpoint.split(url: health) else { return nil }
            readiness = .health(endpoint: endpoint, target: target)
        }
        self.init(
            id: id, command: process.command, directory: process.directory, environment: process.environment, readiness: readiness,
            restart: Restart(process.restart), isAutomatic: process.isAutomatic,
            startTimeout: process.startTimeout ?? configuration[Settings.startTimeout],
            termination: process.termination ?? configuration[Settings.stopTerm])
    }
}

extension ProgramSpecification.Restart {
    fileprivate init(_ restart: ProcessConfiguration.Restart) {
        switch restart {
        case .always: self = .always
        case .onFailure: self = .onFailure
        case .never: self = .never
        }
    }
}

extension SupervisedProcess {
    fileprivate init(_ report: ProgramSupervisor.Report) {
        self.init(
            name: report.id.instance, state: report.state, pid: report.pid.map { UInt32(clamping: $0) },
            uptimeSecs: report.uptime.map { UInt64(clamping: $0.components.seconds) }, restarts: report.restarts, reason: report.reason,
            command: report.command, configured: report.isConfigured)
    }
}
