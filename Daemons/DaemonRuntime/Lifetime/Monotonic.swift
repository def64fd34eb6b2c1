internal import Glibc

/// A moment on `CLOCK_MONOTONIC`, in nanoseconds. Machines are given it and never ask for it.
package struct Monotonic: Hashable, Comparable, Sendable {
    /// Nanoseconds since an arbitrary start (the boot of the machine).
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The present moment.
    package static func now() -> Monotonic {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Monotonic(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    package static func < (left: Monotonic, right: Monotonic) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// This moment and some nanoseconds; stays at the end of time instead of overflowing.
    package func adding(_ span: UInt64) -> Monotonic {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(span)
        return Monotonic(nanoseconds: overflow ? .max : sum)
    }

    /// Nanoseconds from an earlier moment to this one; 0 when that moment is later.
    package func since(_ earlier: Monotonic) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

extension Duration {
    /// A duration of so many nanoseconds; longer than 292 years is cut to that.
    package static func nanoseconds(clamping span: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: span))
    }

    /// Whole nanoseconds of this duration: 0 when negative, the largest number when too long.
    package var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, carry) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return carry ? .max : sum
    }
}
