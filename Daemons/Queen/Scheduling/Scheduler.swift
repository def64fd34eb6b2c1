import OperationContract

/// Decides who answers a request. Pure: the same snapshot, loads and request give the same decision.
package enum Scheduler {
    /// The worker that is to answer a request.
    ///
    /// Of those that serve the model where it was asked for, ready ones come before busy ones, then the least loaded, then the one whose
    /// id sorts first.
    ///
    /// - Parameter loads: the requests the queen itself has at each worker now.
    package static func decide(_ request: ScheduleRequest, _ snapshot: RegistrySnapshot, loads: LoadTable) -> ScheduleDecision {
        if let id = request.workerID { return decide(named: id, request, snapshot) }
        let fitting = snapshot.workers.filter { fits($0, request) }
        let candidates = fitting.filter { snapshot.isAvailable($0) && !request.excluding.contains($0.info.id) }
        if let best = candidates.min(by: { rank($0, loads) < rank($1, loads) }) { return .worker(best) }
        let starting = fitting.filter { snapshot.isRecent($0) && $0.info.status == .starting && !request.excluding.contains($0.info.id) }
        guard starting.isEmpty else { return .starting(starting.map(\.info.id)) }
        return .nobody(
            .noWorker(model: request.model, hive: request.hiveID, device: request.device, failed: request.excluding.count))
    }

    /// The hive that is to start a worker for a request: the one asked for, otherwise the available one with the fewest workers, then
    /// the one whose id sorts first. Nil if there is none.
    ///
    /// - Parameter excluding: hives that were asked already and did not answer.
    package static func hive(
        for request: ScheduleRequest, _ snapshot: RegistrySnapshot, excluding: Set<String> = []
    ) -> HiveEntry? {
        let candidates = snapshot.hives.filter {
            snapshot.isAvailable($0) && (request.hiveID == nil || request.hiveID == $0.info.id) && !excluding.contains($0.info.id)
        }
        func workers(_ hive: HiveEntry) -> Int {
            snapshot.workers.count { $0.hiveID == hive.info.id && snapshot.isRecent($0) && !$0.info.status.isStopped }
        }
        return candidates.min { (workers($0), $0.info.id) < (workers($1), $1.info.id) }
    }

    private static func decide(named id: String, _ request: ScheduleRequest, _ snapshot: RegistrySnapshot) -> ScheduleDecision {
        guard let worker = snapshot.worker(id) else { return .nobody(.unknownWorker(id: id)) }
        let info = worker.info
        guard info.modelID == request.model else {
            return .nobody(.otherModel(worker: id, serves: info.modelID, asked: request.model))
        }
        guard fits(worker, request) else { return .nobody(.otherPlace(worker: id, hive: worker.hiveID, device: info.device)) }
        guard snapshot.isRecent(worker) else {
            return .nobody(.notAvailable(worker: id, reason: "nothing was heard of it for a while"))
        }
        guard info.status != .starting else { return .starting([id]) }
        guard info.status.takesRequests else { return .nobody(.notAvailable(worker: id, reason: "it is \(info.status)")) }
        guard !worker.isUnreachable, !request.excluding.contains(id) else {
            return .nobody(.notAvailable(worker: id, reason: "it did not answer"))
        }
        return .worker(worker)
    }

    private static func fits(_ worker: WorkerEntry, _ request: ScheduleRequest) -> Bool {
        worker.info.modelID == request.model && (request.hiveID == nil || request.hiveID == worker.hiveID)
            && request.accepts(device: worker.info.device)
    }

    private static func rank(_ worker: WorkerEntry, _ loads: LoadTable) -> (Int, Int, String) {
        let id = worker.info.id
        return (worker.info.status == .ready ? 0 : 1, loads.inFlight(at: id) + worker.foreignInFlight, id)
    }
}
