package import OperationContract

/// A change of what the queen knows, with its cause. A heartbeat that changes nothing is none.
package enum RegistryEvent: Hashable, Sendable {
    /// Why an entry is gone.
    package enum Cause: String, Hashable, Sendable {
        /// It said that it has stopped.
        case saidGoodbye = "said_goodbye"
        /// Nothing was heard of it for so long that it was forgotten.
        case forgotten
        /// Somebody asked for it.
        case removed
        /// Its hive was removed.
        case hiveRemoved = "hive_removed"
    }

    /// A worker that was not known, or was stale, is there.
    case workerJoined(id: String, model: String)
    /// A worker's status changed.
    case workerChanged(id: String, from: OperationalStatus, to: OperationalStatus)
    /// A request could not be sent to a worker; nothing more is sent until it is heard of again.
    case workerUnreachable(id: String)
    /// A worker is gone.
    case workerLeft(id: String, Cause)
    /// A hive that was not known, or was stale, is there.
    case hiveJoined(id: String)
    /// A hive's status changed.
    case hiveChanged(id: String, from: OperationalStatus, to: OperationalStatus)
    /// A hive is gone.
    case hiveLeft(id: String, Cause)
}
