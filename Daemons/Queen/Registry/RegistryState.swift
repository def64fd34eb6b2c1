import DaemonContract
package import DaemonRuntime
package import OperationContract

/// What the queen knows, and how that changes: heartbeats with the moment of their receipt in, events out. No clock, no I/O.
package struct RegistryState: Hashable, Sendable {
    /// The most entries kept.
    package struct Limits: Hashable, Sendable {
        /// The most workers.
        package var workers = 10_000
        /// The most hives.
        package var hives = 1_000
        /// The longest id, in bytes.
        package var idBytes = 128

        package init() {}
    }

    private let timing: RegistryTiming
    private let limits: Limits
    private var workers = SortedEntries<WorkerEntry>()
    private var hives = SortedEntries<HiveEntry>()

    package init(timing: RegistryTiming = RegistryTiming(), limits: Limits = Limits()) {
        self.timing = timing
        self.limits = limits
    }

    /// Takes a worker's heartbeat. One that says `stopped` is a goodbye: of the worker at that port, since a hive may tell of the end of
    /// one that has a successor already.
    ///
    /// - Parameter ownInFlight: the requests the queen itself has at this worker now, to tell them from what others have there.
    /// - Throws: `invalid` or `full`.
    package mutating func upsert(worker info: WorkerInfo, at now: Monotonic, ownInFlight: Int = 0) throws(RegistryError) -> [RegistryEvent]
    {
        try check(id: info.id, "worker")
        if info.status == .stopped {
            guard info.port == 0 || info.port == workers[info.id]?.info.port else { return [] }
            return leave(worker: info.id, .saidGoodbye)
        }
        guard !info.modelID.isEmpty else { throw RegistryError(.invalid, "worker \(info.id) names no model") }
        let url = try address(info.url, isKnown: info.baseURL != nil || info.port != 0, "worker \(info.id)")
        let old = workers[info.id]
        guard old != nil || workers.count < limits.workers else {
            throw RegistryError(.full, "\(limits.workers) workers are registered already; remove some first")
        }
        let foreign = max(0, max(0, info.inFlight ?? 0) - max(0, ownInFlight))
        workers[info.id] = WorkerEntry(info: info, receivedAt: now, baseURL: url, foreignInFlight: foreign)
        guard let old, timing.isRecent(old.receivedAt, at: now), old.info.modelID == info.modelID else {
            return [.workerJoined(id: info.id, model: info.modelID)]
        }
        return old.info.status == info.status ? [] : [.workerChanged(id: info.id, from: old.info.status, to: info.status)]
    }

    /// Takes a hive's heartbeat. One that says `stopped` is a goodbye of the hive alone: its workers may live on until it is back.
    ///
    /// - Throws: `invalid` or `full`.
    package mutating func upsert(hive info: HiveInfo, at now: Monotonic) throws(RegistryError) -> [RegistryEvent] {
        try check(id: info.id, "hive")
        guard info.operationalStatus != .stopped else {
            return hives.remove(info.id) ? [.hiveLeft(id: info.id, .saidGoodbye)] : []
        }
        let url = try address(info.url, isKnown: info.baseURL != nil || info.port != 0, "hive \(info.id)")
        let old = hives[info.id]
        guard old != nil || hives.count < limits.hives else {
            throw RegistryError(.full, "\(limits.hives) hives are registered already; remove some first")
        }
        hives[info.id] = HiveEntry(info: info, receivedAt: now, baseURL: url)
        guard let old, timing.isRecent(old.receivedAt, at: now) else { return [.hiveJoined(id: info.id)] }
        let (from, to) = (old.info.operationalStatus, info.operationalStatus)
        return from == to ? [] : [.hiveChanged(id: info.id, from: from, to: to)]
    }

    /// Notes that a request could not be sent to a worker, until it is heard of again.
    ///
    /// - Parameter sentAt: when the request was sent; a heartbeat received after that counts for more.
    package mutating func markUnreachable(worker id: String, sentAt: Monotonic) -> [RegistryEvent] {
        guard var entry = workers[id], entry.receivedAt <= sentAt, !entry.isUnreachable else { return [] }
        entry.isUnreachable = true
        workers[id] = entry
        return [.workerUnreachable(id: id)]
    }

    /// Removes a worker.
    package mutating func remove(worker id: String) -> [RegistryEvent] {
        leave(worker: id, .removed)
    }

    /// Removes a hive together with its workers, whether or not the hive itself is known.
    package mutating func remove(hive id: String) -> [RegistryEvent] {
        var events: [RegistryEvent] = workers.removeAll { $0.hiveID == id }.map { .workerLeft(id: $0, .hiveRemoved) }
        if hives.remove(id) { events.append(.hiveLeft(id: id, .removed)) }
        return events
    }

    /// Forgets what nothing was heard of for the purge age.
    package mutating func purge(at now: Monotonic) -> [RegistryEvent] {
        let timing = timing
        let isForgotten = { (receivedAt: Monotonic) in timing.age(receivedAt, at: now) >= timing.purgeAge }
        return workers.removeAll { isForgotten($0.receivedAt) }.map { .workerLeft(id: $0, .forgotten) }
            + hives.removeAll { isForgotten($0.receivedAt) }.map { .hiveLeft(id: $0, .forgotten) }
    }

    /// Everything known at a moment, sorted by id.
    package func snapshot(at now: Monotonic) -> RegistrySnapshot {
        RegistrySnapshot(workers: workers.all, hives: hives.all, at: now, timing: timing)
    }

    private mutating func leave(worker id: String, _ cause: RegistryEvent.Cause) -> [RegistryEvent] {
        workers.remove(id) ? [.workerLeft(id: id, cause)] : []
    }

    private func check(id: String, _ what: String) throws(RegistryError) {
        guard (1...limits.idBytes).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") })
        else {
            throw RegistryError(
                .invalid, "a \(what)'s id must have 1 to \(limits.idBytes) bytes without blanks, control characters and slashes")
        }
    }

    private func address(_ url: String, isKnown: Bool, _ who: String) throws(RegistryError) -> String {
        guard isKnown else { throw RegistryError(.invalid, "\(who) names neither a port nor a URL") }
        do {
            return try HealthURL.normalize(url).baseURL
        } catch {
            throw RegistryError(.invalid, "\(who): \(error.message)", underlying: error)
        }
    }
}
