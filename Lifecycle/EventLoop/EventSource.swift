internal import CEvent
internal import Glibc
internal import Synchronization

/// What a source waits for.
enum Trigger: Sendable {
    case after(Duration)
    case readable(Int32)
    case writable(Int32)
    /// A bell that many listen to and nobody reads: each ringing counts, however often it has rung before.
    case rung(Int32)
}

/// One libevent event and what it calls. Armed, fired and freed on the loop's thread; cancelled from anywhere.
final class EventSource: Sendable {
    private let loop: EventLoop
    private let trigger: Trigger
    private let repeats: Bool
    /// Set at once by `cancel`, so that a body does not start any more even if its event is already active.
    private let cancelled = Atomic<Bool>(false)

    private nonisolated(unsafe) var event: OpaquePointer?  // the loop's thread only
    private nonisolated(unsafe) var paused = false  // the loop's thread only
    private nonisolated(unsafe) var body: (@Sendable () -> Void)?  // the loop's thread only
    private nonisolated(unsafe) var onEnd: (@Sendable () -> Void)?  // the loop's thread only

    /// Prepares a source; `arm` makes it wait.
    ///
    /// - Parameters:
    ///   - repeats: stays armed after it has fired.
    ///   - onEnd: called instead of `body`, once, if the loop ends or is at its end.
    init(loop: EventLoop, trigger: Trigger, repeats: Bool, onEnd: (@Sendable () -> Void)? = nil, body: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.trigger = trigger
        self.repeats = repeats
        self.body = body
        self.onEnd = onEnd
    }

    func start() {
        loop.run { self.arm() }
    }

    /// Never fires again. On the loop's thread the event is gone when this returns.
    ///
    /// - Parameter gone: called on the loop once the event is gone.
    /// - Returns: whether this was the first call.
    @discardableResult
    func cancel(_ gone: (@Sendable () -> Void)? = nil) -> Bool {
        let first = !cancelled.exchange(true, ordering: .relaxed)
        loop.run {
            self.disarm()
            gone?()
        }
        return first
    }

    /// Stops waiting until `resume`. On the loop's thread this takes effect before it returns.
    func pause() {
        loop.run {
            guard !self.paused else { return }
            self.paused = true
            if let event = self.event {
                event_del(event)
            }
        }
    }

    func resume() {
        loop.run {
            guard self.paused else { return }
            self.paused = false
            if let event = self.event {
                event_add(event, nil)
            }
        }
    }

    /// The loop is over: the event goes before its base does.
    func loopEnded() {
        let onEnd = onEnd
        disarm()
        onEnd?()
    }

    private func arm() {
        guard !cancelled.load(ordering: .relaxed) else { return }
        guard loop.isOpen else { return loopEnded() }
        let context = Unmanaged.passUnretained(self).toOpaque()
        let persist = repeats ? Int16(EV_PERSIST) : 0
        let result: Int32
        switch trigger {
        case .after(let delay):
            event = event_new(loop.base, -1, 0, fired, context)
            var timeout = timeval(rounding: delay)
            result = event_add(event, &timeout)
        case .readable(let descriptor):
            event = event_new(loop.base, descriptor, Int16(EV_READ) | persist, fired, context)
            result = paused ? 0 : event_add(event, nil)
        case .writable(let descriptor):
            event = event_new(loop.base, descriptor, Int16(EV_WRITE) | persist, fired, context)
            result = paused ? 0 : event_add(event, nil)
        case .rung(let bell):
            event = event_new(loop.base, bell, Int16(EV_READ) | Int16(EV_ET) | persist, fired, context)
            result = event_add(event, nil)
            // It may have rung before anyone listened.
            event_active(event, Int32(EV_READ), 0)
        }
        loop.sources[ObjectIdentifier(self)] = self
        if result != 0 {
            // epoll refuses plain files, which never block, and closed descriptors: whoever reads next finds out which.
            event_active(event, Int32(EV_READ), 0)
        }
    }

    private func disarm() {
        if let event {
            event_free(event)
        }
        event = nil
        body = nil
        onEnd = nil
        loop.sources[ObjectIdentifier(self)] = nil
    }

    fileprivate func fire() {
        guard !cancelled.load(ordering: .relaxed), let body else { return }
        if !repeats {
            disarm()
        }
        body()
    }

    fileprivate func finishTurn() {
        loop.finishTurn()
    }
}

private let fired: event_callback_fn = { _, _, context in
    guard let context else { return }
    let source = Unmanaged<EventSource>.fromOpaque(context).takeUnretainedValue()
    withExtendedLifetime(source) {
        source.fire()
        source.finishTurn()
    }
}

extension timeval {
    /// Microseconds, rounded up so that nothing fires early; negative is zero, and a century is long enough for anyone.
    init(rounding duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let century: Int64 = 100 * 365 * 86_400
        guard duration > .zero else {
            self.init(tv_sec: 0, tv_usec: 0)
            return
        }
        let microseconds = (attoseconds + 999_999_999_999) / 1_000_000_000_000
        let carried = seconds + microseconds / 1_000_000
        self.init(tv_sec: Int(min(carried, century)), tv_usec: Int(microseconds % 1_000_000))
    }
}
