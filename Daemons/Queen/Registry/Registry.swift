package import DaemonRuntime
package import OperationContract

/// Where the queen keeps what it knows of hives and workers.
///
/// A protocol, so that a store with leases can stand behind it for many hosts; ``InMemoryRegistry`` is what one host needs. Moments
/// are those of receipt, by the queen's own clock.
package protocol Registry: Sendable {
    /// Takes a worker's heartbeat. See ``RegistryState/upsert(worker:at:ownInFlight:)``.
    func upsert(worker: WorkerInfo, at now: Monotonic, ownInFlight: Int) async throws(RegistryError) -> [RegistryEvent]
    /// Takes a hive's heartbeat. See ``RegistryState/upsert(hive:at:)``.
    func upsert(hive: HiveInfo, at now: Monotonic) async throws(RegistryError) -> [RegistryEvent]
    /// Notes that a request sent at a moment did not reach a worker.
    func markUnreachable(worker id: String, sentAt: Monotonic) async throws(RegistryError) -> [RegistryEvent]
    /// Removes a worker.
    func remove(worker id: String) async throws(RegistryError) -> [RegistryEvent]
    /// Removes a hive together with its workers.
    func remove(hive id: String) async throws(RegistryError) -> [RegistryEvent]
    /// Forgets what nothing was heard of for long.
    func purge(at now: Monotonic) async throws(RegistryError) -> [RegistryEvent]
    /// Everything known at a moment.
    func snapshot(at now: Monotonic) async throws(RegistryError) -> RegistrySnapshot
}
