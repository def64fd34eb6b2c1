package import DaemonRuntime
package import OperationContract
import Synchronization

/// The registry of one queen, in its memory. A restarted queen knows everything again within one heartbeat.
package final class InMemoryRegistry: Registry {
    private let state: Mutex<RegistryState>

    package init(timing: RegistryTiming = RegistryTiming(), limits: RegistryState.Limits = RegistryState.Limits()) {
        state = Mutex(RegistryState(timing: timing, limits: limits))
    }

    package func upsert(worker: WorkerInfo, at now: Monotonic, ownInFlight: Int) async throws(RegistryError) -> [RegistryEvent] {
        try state.withLock { state throws(RegistryError) in try state.upsert(worker: worker, at: now, ownInFlight: ownInFlight) }
    }

    package func upsert(hive: HiveInfo, at now: Monotonic) async throws(RegistryError) -> [RegistryEvent] {
        try state.withLock { state throws(RegistryError) in try state.upsert(hive: hive, at: now) }
    }

    package func markUnreachable(worker id: String, sentAt: Monotonic) async -> [RegistryEvent] {
        state.withLock { $0.markUnreachable(worker: id, sentAt: sentAt) }
    }

    package func remove(worker id: String) async -> [RegistryEvent] {
        state.withLock { $0.remove(worker: id) }
    }

    package func remove(hive id: String) async -> [RegistryEvent] {
        state.withLock { $0.remove(hive: id) }
    }

    package func purge(at now: Monotonic) async -> [RegistryEvent] {
        state.withLock { $0.purge(at: now) }
    }

    package func snapshot(at now: Monotonic) async -> RegistrySnapshot {
        state.withLock { $0.snapshot(at: now) }
    }
}
