internal import DaemonRuntime
internal import Glibc

/// The time of day, for what people and agents read.
enum WallClock {
    /// Unix seconds.
    static var seconds: Int64 { Int64(time(nil)) }
}

/// The time that only ever goes on, for everything that waits.
enum MonotonicTime {
    /// Nanoseconds.
    static var now: UInt64 { Monotonic.now().nanoseconds }
}
