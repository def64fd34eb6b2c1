/// How many requests the queen itself has at each worker now.
package struct LoadTable: Hashable, Sendable {
    private var counts: [String: Int] = [:]

    package init() {}

    /// The requests at a worker.
    package func inFlight(at worker: String) -> Int { counts[worker] ?? 0 }

    /// All requests.
    package var total: Int { counts.values.reduce(0, +) }

    /// Notes that a request goes to a worker. Every one is ended once, however it ends.
    package mutating func begin(_ worker: String) {
        counts[worker, default: 0] += 1
    }

    /// Notes that a request has ended.
    package mutating func end(_ worker: String) {
        guard let count = counts[worker] else { return }
        counts[worker] = count > 1 ? count - 1 : nil
    }
}
