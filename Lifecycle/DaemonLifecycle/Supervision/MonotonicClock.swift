internal import Glibc

/// The kernel's clock that no one can set: nanoseconds that only grow, without the time a machine sleeps.
package enum MonotonicClock {
    /// Nanoseconds since some moment of this boot.
    package static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
