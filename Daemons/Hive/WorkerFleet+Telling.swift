internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
package import OperationContract

/// What a hive tells of its workers.
extension WorkerFleet {
    /// All workers, as they are now.
    package func list() async -> [WorkerProcessInfo] {
        await supervisor.reports().map(describe)
    }

    /// One worker by its name or its pid; nil when it is none of this hive's.
    package func find(instance: String? = nil, pid: UInt32? = nil) async -> WorkerProcessInfo? {
        await list().first { info in
            if let instance { return info.workerID == instance }
            return pid != nil && pid != 0 && info.pid == pid
        }
    }

    /// Why not all is well with the workers; nil when it is.
    package func trouble() async -> String? {
        for report in await supervisor.reports() {
            let name = report.id.instance
            switch report.state {
            case .failed:
                return "worker \(name) was given up: it \(report.reason ?? "failed"); start it again with: rbee-keeper worker start \(name)"
            case .backoff:
                return "worker \(name) keeps failing and is started again: it \(report.reason ?? "failed")"
            default:
                continue
            }
        }
        return nil
    }

    /// What can be served, and which of it is loaded.
    package func modelList() async -> ModelList {
        let running = await supervisor.reports().filter { $0.state == .ready }.compactMap { members[$0.id]?.model }
        let loaded = Set(running)
        return ModelList(
            models: plan.models.models.map { model in
                ModelInfo(
                    id: model.name, name: model.model ?? model.name, loaded: loaded.contains(model.name), engine: model.engine.rawValue)
            })
    }

    /// What the workers' processes use, since the last look where that matters.
    package func processStats() async -> [ProcessStats] {
        let now = MonotonicClock.now
        return await supervisor.reports().compactMap { report in
            guard let info = report.info, let usage = ProcessUsage.read(pid: info.pid) else { return nil }
            let before = members[report.id]?.sampled.flatMap { $0.pid == info.pid ? $0 : nil }
            members[report.id]?.sampled = (usage, info.pid, now)
            let span = before.map { now &- $0.at } ?? 0
            let earlier = before?.usage ?? usage
            return ProcessStats(
                pid: UInt32(clamping: info.pid), group: "worker", instance: report.id.instance,
                cpuPercent: usage.processorPercent(since: earlier, nanoseconds: span), rssMB: usage.residentBytes / 1_000_000,
                readMBPerSecond: ProcessUsage.rate(usage.readBytes, earlier.readBytes, nanoseconds: span),
                writeMBPerSecond: ProcessUsage.rate(usage.writtenBytes, earlier.writtenBytes, nanoseconds: span),
                uptimeSecs: (now &- report.since) / 1_000_000_000, model: members[report.id]?.model)
        }
    }

    private func describe(_ report: Supervisor.Report) -> WorkerProcessInfo {
        let member = members[report.id]
        let status: OperationalStatus =
            switch report.state {
            case .ready: member?.said?.status ?? .ready
            case .starting, .backoff: .starting
            case .draining: .stopping
            default: .stopped
            }
        return WorkerProcessInfo(
            pid: UInt32(clamping: report.info?.pid ?? 0), workerID: report.id.instance, model: member?.model ?? "",
            port: report.info?.port ?? 0, status: status, baseURL: report.info?.baseURL, device: member?.device,
            restarts: report.restarts, reason: report.reason)
    }
}
