internal import Glibc

/// Time, as commands need it; tests give their own.
package protocol KeeperClock: Sendable {
    /// Time since some fixed moment, never set back (`CLOCK_MONOTONIC`).
    var now: Duration { get }
    /// Seconds since 1970.
    var unixTime: Double { get }
    func sleep(for duration: Duration) async throws
}

/// The machine's clocks.
package struct SystemKeeperClock: KeeperClock {
    package init() {}

    package var now: Duration { Self.read(CLOCK_MONOTONIC) }

    package var unixTime: Double {
        let time = Self.read(CLOCK_REALTIME).components
        return Double(time.seconds) + Double(time.attoseconds) / 1e18
    }

    package func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, tolerance: .zero, clock: .continuous)
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
