package import DaemonRuntime
package import OperationContract

/// A worker as the queen knows it.
package struct WorkerEntry: Identified, Hashable, Sendable {
    /// The hive of a worker that names none.
    package static let defaultHive = "localhost"

    /// What it said of itself last.
    package var info: WorkerInfo
    /// When that was received, by the queen's own clock.
    package var receivedAt: Monotonic
    /// Where it answers, without a slash at the end.
    package var baseURL: String
    /// The requests it was answering then that were not the queen's own.
    package var foreignInFlight: Int
    /// Whether a request could not be sent to it since.
    package var isUnreachable: Bool

    package init(info: WorkerInfo, receivedAt: Monotonic, baseURL: String, foreignInFlight: Int = 0, isUnreachable: Bool = false) {
        self.info = info
        self.receivedAt = receivedAt
        self.baseURL = baseURL
        self.foreignInFlight = foreignInFlight
        self.isUnreachable = isUnreachable
    }

    var id: String { info.id }

    /// The hive it belongs to.
    package var hiveID: String { info.hiveID ?? Self.defaultHive }
}

/// A hive as the queen knows it.
package struct HiveEntry: Identified, Hashable, Sendable {
    /// What it said of itself last.
    package var info: HiveInfo
    /// When that was received, by the queen's own clock.
    package var receivedAt: Monotonic
    /// Where it answers, without a slash at the end.
    package var baseURL: String

    package init(info: HiveInfo, receivedAt: Monotonic, baseURL: String) {
        self.info = info
        self.receivedAt = receivedAt
        self.baseURL = baseURL
    }

    var id: String { info.id }
}

/// How old what was heard may be.
package struct RegistryTiming: Hashable, Sendable {
    /// From this age on an entry is stale: nothing is sent to it.
    package var timeout: Duration
    /// From this age on it is forgotten; until then people can see that it is stale.
    package var purgeAge: Duration

    package init(timeout: Duration = HeartbeatTiming.timeout, purgeAge: Duration = HeartbeatTiming.purgeAge) {
        self.timeout = timeout
        // What still counts cannot be forgotten.
        self.purgeAge = max(timeout, purgeAge)
    }

    /// The age of something received at a moment.
    package func age(_ receivedAt: Monotonic, at now: Monotonic) -> Duration {
        .nanoseconds(clamping: now.since(receivedAt))
    }

    /// Whether something received at a moment still counts.
    package func isRecent(_ receivedAt: Monotonic, at now: Monotonic) -> Bool {
        HeartbeatTiming.isRecent(age: age(receivedAt, at: now), timeout: timeout)
    }
}
