internal import EventLoop

/// One timer for deadlines that move with every message: it is set seldom, and asks for the time that counts when it rings.
struct HTTPAlarm {
    private var timer: EventLoop.Timer?
    private var ringsAt: SuspendingClock.Instant?

    /// Whether it rings at `time`, or earlier and in vain.
    func isSet(for time: SuspendingClock.Instant) -> Bool {
        ringsAt.map { $0 <= time } ?? false
    }

    mutating func set(
        for time: SuspendingClock.Instant, now: SuspendingClock.Instant, on loop: EventLoop, ring: @escaping @Sendable () -> Void
    ) {
        timer?.cancel()
        ringsAt = time
        timer = loop.schedule(after: time - now, ring)
    }

    /// It has rung.
    mutating func rang() {
        timer = nil
        ringsAt = nil
    }

    mutating func cancel() {
        timer?.cancel()
        rang()
    }
}
