internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import HTTP
internal import OperationContract

/// Has hives start workers, and starts the hive of this host.
extension Dispatcher {
    // MARK: Workers

    /// Has a hive start a worker; requests for the same share one start, and its failure. It goes on whoever stops waiting for it.
    ///
    /// - Returns: the worker's id.
    func spawn(_ request: ScheduleRequest) async throws -> String {
        var key = request
        key.excluding = []
        let task: Task<String, any Error>
        if let running = spawning[key] {
            task = running
        } else {
            task = Task(executorPreference: context.loop) { try await self.start(key) }
            spawning[key] = task
        }
        return try await task.cancellableValue(on: context.loop)
    }

    private func start(_ request: ScheduleRequest) async throws -> String {
        defer { spawning[request] = nil }
        let parts = (request.device ?? "cpu").split(separator: ":", maxSplits: 1)
        // Whichever worker of the model there is will do: one that could not be reached a moment ago may be back already.
        return try await spawn(
            WorkerSpawnRequest(
                hiveID: request.hiveID ?? DaemonKind.hive.defaultInstance, model: request.model,
                worker: parts.first.map(String.init) ?? "cpu", device: parts.count == 2 ? UInt32(parts[1]) ?? 0 : 0, reuse: true),
            on: request.hiveID
        ).workerID
    }

    /// Has a hive start a worker. A hive that is away is passed over; the one of this host is started again if it can be.
    ///
    /// - Parameter hiveID: the hive it must be; nil: any.
    func spawn(_ wish: WorkerSpawnRequest, on hiveID: String?) async throws -> WorkerSpawnResponse {
        let request = ScheduleRequest(model: wish.model, hiveID: hiveID)
        var away: Set<String> = []
        while let entry = Scheduler.hive(for: request, try await snapshot(), excluding: away) {
            do {
                return try await spawn(wish, at: entry.info.id, try client(of: entry.baseURL))
            } catch let error as RequestError where HiveClient.isAway(error) {
                away.insert(entry.info.id)
                let isOurs = hives.startsByItself(entry.info.id)
                if hiveID != nil, !isOurs { throw error }
            }
        }
        let alias = hiveID ?? DaemonKind.hive.defaultInstance
        guard hives.startsByItself(alias) else {
            throw RequestError.unavailable(
                "no hive\(hiveID.map { " \($0)" } ?? "") answers; start one with: rbee-keeper hive start", code: "no_hive")
        }
        return try await spawn(wish, at: alias, try await startHive(alias))
    }

    private func spawn(_ wish: WorkerSpawnRequest, at hive: String, _ client: HiveClient) async throws -> WorkerSpawnResponse {
        context.narrator.say("schedule", "asking hive \(hive) for a worker of \(wish.model)", target: wish.model)
        let worker = try await client.spawn(wish)
        context.narrator.say("schedule", "worker \(worker.workerID) is there as process \(worker.pid)", target: worker.workerID)
        // Known at once: its own first heartbeat may still be on its way.
        try await introduce(
            WorkerInfo(
                id: worker.workerID, modelID: wish.model, device: worker.device ?? wish.worker, port: worker.port, status: worker.status,
                implementation: "", version: RbeeVersion.current, baseURL: worker.baseURL, hiveID: hive))
        return worker
    }

    // MARK: Hives

    /// Starts the hive of this host, or finds it running.
    func startHive(_ alias: String) async throws -> HiveClient {
        context.narrator.say("hive", "waking hive \(alias)", target: alias)
        let info: DaemonInfo
        do throws(LifecycleError) {
            info = try await hives.start(alias)
        } catch {
            throw RequestError(error)
        }
        context.narrator.say("hive", "hive \(alias) is awake as process \(info.pid)", target: alias)
        return try client(of: try Self.url(of: info))
    }

    /// The hive of an operation, if it is there: asking a hive starts none.
    func hive(named id: String) async throws -> HiveClient {
        let snapshot = try await snapshot()
        if let entry = snapshot.hive(id), snapshot.isRecent(entry) { return try client(of: entry.baseURL) }
        if let info = await hives.find(id) { return try client(of: try Self.url(of: info)) }
        throw RequestError.unavailable("hive \(id) is not there; start it with: rbee-keeper hive start", code: "no_hive")
    }

    private static func url(of hive: DaemonInfo) throws(RequestError) -> String {
        guard let url = hive.baseURL ?? hive.socket.map({ "unix://\($0)" }) else {
            throw RequestError(502, "bad_hive_address", "hive \(hive.instance) does not say where it is reached")
        }
        return url
    }

    /// Notes what became of a hive that this queen looks after, before it says so itself: a hive that was found, or is back, is asked for
    /// its workers at once.
    func noted(_ report: Supervisor.Report) async {
        let id = report.id.instance
        guard let info = report.info, report.state == .ready else {
            // Its workers live on; whether it is draining it says itself.
            guard report.info == nil else { return }
            try? await heard(
                HiveInfo(
                    id: id, hostname: "localhost", port: 0, operationalStatus: .stopped, healthStatus: .healthy,
                    version: RbeeVersion.current))
            return
        }
        do {
            try await heard(
                HiveInfo(
                    id: id, hostname: "localhost", port: info.port ?? 0, operationalStatus: .ready, healthStatus: .healthy,
                    version: info.version, baseURL: info.baseURL))
            for worker in try await client(of: try Self.url(of: info)).workers().workers where worker.status.takesRequests {
                try await introduce(
                    WorkerInfo(
                        id: worker.workerID, modelID: worker.model, device: worker.device ?? "cpu", port: worker.port,
                        status: worker.status, implementation: "", version: info.version, baseURL: worker.baseURL, hiveID: id))
            }
        } catch {
            context.log.notice("A hive could not be asked for its workers.", ["hive": .text(id), "why": .describing(error)])
        }
    }
}

extension Task where Failure == any Error {
    /// The task's value; a caller that is cancelled stops waiting, while the task goes on for the others.
    fileprivate func cancellableValue(on loop: EventLoop) async throws -> Success {
        let once = ResumeOnce<Success, any Error>()
        Task<Void, Never>(executorPreference: loop) { once.resume(with: await result) }
        return try await once.result { once.resume(with: .failure(Swift.CancellationError())) }.get()
    }
}
