internal import Synchronization

/// How many requests were answered, and how long they took.
final class RequestFigures: Sendable {
    private let state = Mutex((count: UInt64(0), nanoseconds: UInt64(0)))
    private let begun = MonotonicTime.now

    func count(nanoseconds: UInt64) {
        state.withLock { state in
            state.count &+= 1
            state.nanoseconds &+= nanoseconds
        }
    }

    /// Requests so far, and the mean time of one in milliseconds.
    var now: (total: UInt64, mean: Double) {
        state.withLock { ($0.count, $0.count == 0 ? 0 : Double($0.nanoseconds) / Double($0.count) / 1e6) }
    }

    var uptimeSeconds: UInt64 { (MonotonicTime.now - begun) / 1_000_000_000 }
}
