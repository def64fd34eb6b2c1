package import Configuration
internal import DaemonContract
package import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
package import OperationContract
internal import WorkerLifecycle

/// The workers of a hive: started, supervised, told apart, stopped. It speaks of its own workers only, never of other processes.
package actor WorkerFleet {
    /// What the hive knows of a worker beyond what its supervision tells.
    struct Member {
        var model: String
        var device: String
        /// What the worker last said of itself.
        var said: WorkerInfo?
        /// The life of it that was last ready.
        var lived: DaemonInfo?
        var sampled: (usage: ProcessUsage, pid: Int32, at: UInt64)?
    }

    /// A change of a worker, for whoever is told of them.
    package struct News: Sendable {
        package let report: Supervisor.Report
        /// The worker whose process is gone, as it was; nil while it runs.
        package let gone: WorkerInfo?
    }

    /// How workers are started.
    package struct Plan: Sendable {
        /// What can be served.
        package var models: ModelTable
        /// Where workers reach their hive.
        package var hiveURL: String
        /// Where they reach the queen; nil: there is none.
        package var queenURL: String?
        /// How long a worker may drain.
        package var grace: Duration

        package init(models: ModelTable, hiveURL: String, queenURL: String?, grace: Duration = .seconds(10)) {
            self.models = models
            self.hiveURL = hiveURL
            self.queenURL = queenURL
            self.grace = grace
        }
    }

    let context: LifecycleContext
    let plan: Plan
    private let onNews: @Sendable (News) -> Void
    private let relay = Relay<Supervisor.Report>()
    let supervisor: Supervisor
    var members: [DaemonID: Member] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - context: the run directory, and the hive as the owner of what is started.
    ///   - onNews: called on the loop after every change of a worker's state, with its cause.
    package init(
        context: LifecycleContext, plan: Plan, policy: RestartMachine.Policy = .init(), onNews: @escaping @Sendable (News) -> Void
    ) {
        self.context = context
        self.plan = plan
        self.onNews = onNews
        supervisor = Supervisor(context: context, policy: policy) { [relay] in relay.send($0) }
        // The supervisor tells on the loop, which is this actor's executor too: nothing comes between.
        relay.receive { [weak self] report in self?.assumeIsolated { $0.noted(report) } }
    }

    // MARK: Starting and stopping

    /// Starts a worker, or finds the named one running, and answers once it has.
    package func spawn(_ request: WorkerSpawnRequest) async throws -> WorkerSpawnResponse {
        guard let model = plan.models[request.model] else {
            throw FleetError.unknownModel(request.model, known: plan.models.models.map(\.name))
        }
        try check(request, model)
        let id = try await place(for: request, model)
        if let member = members[id], member.model != model.name {
            throw FleetError.otherModel(worker: id.instance, serves: member.model, asked: model.name)
        }
        let specification = try plan.specification(of: model, id: id, request: request)
        let known = members[id]?.lived?.nonce
        if members[id] == nil { members[id] = Member(model: model.name, device: model.device) }
        let info = try await supervisor.want(specification)
        // Whoever stopped it meanwhile took the member along; it was started again after that.
        if members[id] == nil { members[id] = Member(model: model.name, device: model.device, lived: info) }
        let isFound = info.owner != context.owner
        if isFound, known != info.nonce { try await checkModel(of: id, asked: model.name) }
        return WorkerSpawnResponse(
            workerID: id.instance, port: info.port ?? 0, pid: UInt32(clamping: info.pid), status: members[id]?.said?.status ?? .ready,
            baseURL: info.baseURL, alreadyRunning: isFound || known == info.nonce, device: members[id]?.device)
    }

    private func check(_ request: WorkerSpawnRequest, _ model: ModelConfiguration) throws(FleetError) {
        if let seconds = request.ttlSecs, WireSeconds.duration(seconds) == nil { throw .badDuration(seconds) }
        if let engine = request.engine, ModelConfiguration.Engine(rawValue: engine) == nil { throw .badEngine(engine) }
        // The processor is what is meant by whoever does not say.
        guard request.worker != "cpu", request.worker != model.device else { return }
        let numbered = "\(request.worker):\(request.device)"
        let isAnyOfItsKind = request.device == 0 && model.device.hasPrefix("\(request.worker):")
        guard numbered == model.device || isAnyOfItsKind else {
            throw .otherDevice(model: model.name, configured: model.device, asked: numbered)
        }
    }

    /// The worker that a request is for: the named one, one of the model where that will do, otherwise a new one.
    private func place(for request: WorkerSpawnRequest, _ model: ModelConfiguration) async throws -> DaemonID {
        if let instance = request.instance { return try DaemonID(kind: .worker, instance: instance) }
        if request.reuse == true {
            let states = Dictionary(await supervisor.reports().map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first })
            // One that runs before one that starts, before one that is down.
            let order: [DaemonState] = [.ready, .starting, .backoff, .failed, .draining]
            let fitting = members.filter { $0.value.model == model.name }.keys
            func rank(_ id: DaemonID) -> Int { states[id].flatMap(order.firstIndex(of:)) ?? 1 }
            if let best = fitting.min(by: { (rank($0), $0.instance) < (rank($1), $1.instance) }) { return best }
        }
        for number in 1...Self.mostOfOneModel {
            let id = try DaemonID(kind: .worker, instance: WorkerLifecycle.instance(of: model.name, number: number))
            if members[id] == nil { return id }
        }
        throw FleetError.tooMany(model.name, Self.mostOfOneModel)
    }

    private static let mostOfOneModel = 1000

    /// A worker that somebody else started may serve anything.
    private func checkModel(of id: DaemonID, asked: String) async throws {
        guard let serves = await plan.model(of: id, context: context) else { return }
        members[id]?.model = serves
        guard serves == asked else { throw FleetError.otherModel(worker: id.instance, serves: serves, asked: asked) }
    }

    /// Stops a worker for good. One that does not run is stopped already.
    package func stop(_ instance: String) async throws -> WorkerStopReply {
        let id = try DaemonID(kind: .worker, instance: instance)
        let pid = members[id]?.lived?.pid
        let receipt = try await supervisor.stop(id)
        return WorkerStopReply(
            workerID: instance, pid: receipt.wasRunning ? (pid ?? receipt.processes.first?.pid).map { UInt32(clamping: $0) } : nil,
            wasRunning: receipt.wasRunning)
    }

    /// Takes charge of the workers that a predecessor of this hive started.
    package func adopt() async throws {
        try await supervisor.adopt { [weak self] id in await self?.adopted(id) }
    }

    private func adopted(_ id: DaemonID) async -> DaemonSpecification? {
        guard id.kind == .worker, let serves = await plan.model(of: id, context: context) else { return nil }
        // One whose model is not configured any more is looked after all the same; it cannot be started again.
        let model = plan.models[serves] ?? ModelConfiguration(name: serves, engine: .command)
        guard members[id] == nil, let specification = try? plan.specification(of: model, id: id) else { return nil }
        members[id] = Member(model: serves, device: model.device)
        return specification
    }

    /// Stops all workers of this hive.
    package func stopAll(within limit: Duration) async {
        await supervisor.stopAll(within: limit)
    }

    /// Leaves the workers running, for whoever comes next.
    package func leave() async {
        await supervisor.leave()
    }

    // MARK: News

    private func noted(_ report: Supervisor.Report) {
        let id = report.id
        var gone: WorkerInfo?
        if let info = report.info {
            if members[id]?.lived?.nonce != info.nonce { members[id]?.said = nil }
            members[id]?.lived = info
        } else if let member = members[id], let lived = member.lived {
            gone = describe(lived, member, id)
            members[id]?.lived = nil
            members[id]?.said = nil
        }
        if report.state == .stopped { members[id] = nil }
        onNews(News(report: report, gone: gone))
    }

    /// Takes what a worker says of itself.
    ///
    /// - Returns: false for a worker that is none of this hive's.
    package func heard(_ worker: WorkerInfo) -> Bool {
        guard let id = try? DaemonID(kind: .worker, instance: worker.id), members[id] != nil else { return false }
        members[id]?.said = worker
        return true
    }

    private func describe(_ lived: DaemonInfo, _ member: Member, _ id: DaemonID) -> WorkerInfo {
        var worker =
            member.said
            ?? WorkerInfo(
                id: id.instance, modelID: member.model, device: member.device, port: lived.port ?? 0, status: .stopped, implementation: "",
                version: lived.version, baseURL: lived.baseURL)
        worker.status = .stopped
        worker.inFlight = nil
        return worker
    }
}
