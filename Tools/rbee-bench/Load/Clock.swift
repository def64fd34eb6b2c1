internal import Glibc

/// `CLOCK_MONOTONIC`.
enum Clock {
    /// Nanoseconds since some moment before this process.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Since then, in microseconds.
    static func microseconds(since begun: UInt64) -> Double { Double(now - begun) / 1_000 }

    /// Since then, in milliseconds.
    static func milliseconds(since begun: UInt64) -> Double { Double(now - begun) / 1_000_000 }

    /// Milliseconds that `body` takes.
    static func time(_ body: () async throws -> Void) async throws -> Double {
        let begun = now
        try await body()
        return milliseconds(since: begun)
    }
}
