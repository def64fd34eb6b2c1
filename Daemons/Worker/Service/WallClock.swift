internal import Glibc

/// The time of day, for what people read; nothing is decided by it.
enum WallClock {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    static func seconds() -> Int64 { milliseconds() / 1000 }
}
