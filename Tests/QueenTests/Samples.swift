import DaemonContract
import DaemonRuntime
import OperationContract
import Queen

/// A moment so many seconds after an arbitrary start.
func second(_ seconds: Double) -> Monotonic {
    Monotonic(nanoseconds: 1_000_000_000_000 + UInt64(seconds * 1_000_000_000))
}

/// A worker that says it is ready.
func worker(
    _ id: String, model: String = "m", status: OperationalStatus = .ready, hive: String? = nil, device: String = "cpu",
    inFlight: Int? = nil,
    port: UInt16 = 9001
) -> WorkerInfo {
    WorkerInfo(
        id: id, modelID: model, device: device, port: port, status: status, implementation: "builtin", version: "0.1.0", hiveID: hive,
        inFlight: inFlight)
}

/// A hive that says it is ready.
func hive(_ id: String, status: OperationalStatus = .ready, health: HealthStatus = .healthy) -> HiveInfo {
    HiveInfo(id: id, hostname: "host", port: 7835, operationalStatus: status, healthStatus: health, version: "0.1.0")
}
