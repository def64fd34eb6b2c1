package import DaemonContract
package import DaemonRuntime
package import OperationContract

/// What the queen knows at one moment.
package struct RegistrySnapshot: Hashable, Sendable {
    /// The workers, by id, also stale ones.
    package let workers: [WorkerEntry]
    /// The hives, by id, also stale ones.
    package let hives: [HiveEntry]
    /// The moment.
    package let now: Monotonic
    private let timing: RegistryTiming

    /// - Parameters:
    ///   - workers: sorted by id.
    ///   - hives: sorted by id.
    package init(workers: [WorkerEntry], hives: [HiveEntry], at now: Monotonic, timing: RegistryTiming = RegistryTiming()) {
        self.workers = workers
        self.hives = hives
        self.now = now
        self.timing = timing
    }

    /// Whether a worker was heard of lately.
    package func isRecent(_ worker: WorkerEntry) -> Bool { timing.isRecent(worker.receivedAt, at: now) }

    /// Whether a hive was heard of lately.
    package func isRecent(_ hive: HiveEntry) -> Bool { timing.isRecent(hive.receivedAt, at: now) }

    /// Whether requests may be sent to a worker: heard of lately, ready or busy, and not found unreachable since.
    package func isAvailable(_ worker: WorkerEntry) -> Bool {
        isRecent(worker) && worker.info.status.takesRequests && !worker.isUnreachable
    }

    /// Whether a hive can be asked to do something: heard of lately, ready or busy, and not unhealthy.
    package func isAvailable(_ hive: HiveEntry) -> Bool { isRecent(hive) && hive.info.isAvailable }

    /// The worker of an id.
    package func worker(_ id: String) -> WorkerEntry? { workers.entry(id) }

    /// The hive of an id.
    package func hive(_ id: String) -> HiveEntry? { hives.entry(id) }

    /// The models that can be asked now, sorted.
    package var models: [String] {
        var models: Set<String> = []
        var latest: String?
        // Of a model that is known to be there nothing more is to be found out, and neighbours mostly serve the same.
        for worker in workers where worker.info.modelID != latest {
            guard !models.contains(worker.info.modelID) else { continue }
            guard isAvailable(worker) else { continue }
            models.insert(worker.info.modelID)
            latest = worker.info.modelID
        }
        return models.sorted()
    }

    /// A worker as people see it.
    ///
    /// - Parameter ownInFlight: the requests the queen itself has there now.
    package func row(_ worker: WorkerEntry, ownInFlight: Int = 0) -> WorkerStatusRow {
        let info = worker.info
        return WorkerStatusRow(
            workerID: info.id, hiveID: info.hiveID, model: info.modelID, device: info.device, port: info.port, status: info.status,
            baseURL: worker.baseURL, inFlight: worker.foreignInFlight + max(0, ownInFlight),
            heartbeatAgeSecs: WireSeconds.seconds(timing.age(worker.receivedAt, at: now)), isRecent: isRecent(worker))
    }

    /// A hive as people see it.
    package func row(_ hive: HiveEntry) -> HiveStatusRow {
        let info = hive.info
        return HiveStatusRow(
            hiveID: info.id, hostname: info.hostname, port: info.port, status: info.operationalStatus, health: info.healthStatus,
            version: info.version, baseURL: hive.baseURL, heartbeatAgeSecs: WireSeconds.seconds(timing.age(hive.receivedAt, at: now)),
            isRecent: isRecent(hive))
    }

    /// Everything as people see it.
    package func status(queen: DaemonInfo?, loads: LoadTable = LoadTable()) -> StatusReply {
        StatusReply(
            queen: queen, hives: hives.map(row), workers: workers.map { row($0, ownInFlight: loads.inFlight(at: $0.info.id)) })
    }

    /// Everything in numbers, for the stream of heartbeats.
    package func summary(timestamp: HeartbeatTimestamp) -> QueenHeartbeat {
        let workersOnline = workers.filter(isRecent)
        let hivesOnline = hives.filter(isRecent)
        return QueenHeartbeat(
            workersOnline: workersOnline.count, workersAvailable: workersOnline.filter(isAvailable).count, hivesOnline: hivesOnline.count,
            hivesAvailable: hivesOnline.filter(isAvailable).count, workerIDs: workersOnline.map(\.info.id),
            hiveIDs: hivesOnline.map(\.info.id),
            timestamp: timestamp)
    }
}
