package import EventLoop

/// One timer for deadlines that move with every message: it is set seldom, and asks for the time that counts when it rings.
package struct Alarm: Sendable {
    private var timer: EventLoop.Timer?
    private var ringsAt: SuspendingClock.Instant?

    package init() {}

    /// Whether it rings at `time`, or earlier and in vain.
    package func isSet(for time: SuspendingClock.Instant) -> Bool {
        ringsAt.map { $0 <= time } ?? false
    }

    /// Sets it anew.
    package mutating func set(
        for time: SuspendingClock.Instant, now: SuspendingClock.Instant, on loop: EventLoop, ring: @escaping @Sendable () -> Void
    ) {
        timer?.cancel()
        ringsAt = time
        timer = loop.schedule(after: time - now, ring)
    }

    /// It has rung.
    package mutating func rang() {
        timer = nil
        ringsAt = nil
    }

    /// Never rings.
    package mutating func cancel() {
        timer?.cancel()
        rang()
    }
}
