internal import EventLoop
internal import Glibc
internal import Synchronization

/// Ctrl-C and a polite kill, through the event loop.
struct SignalInterrupts: InterruptSource {
    func onInterrupt(_ body: @escaping @Sendable () -> Void) throws -> @Sendable () -> Void {
        let watches = Mutex<[EventLoop.Watch]>([])
        let stop = { @Sendable in
            let open = watches.withLock { open in
                defer { open = [] }
                return open
            }
            for watch in open { watch.cancel() }
        }
        let armed = [SIGINT, SIGTERM].map { signal in
            EventLoop.shared.onSignal(signal) {
                // From here on a second one ends the process at once, as if nobody listened.
                stop()
                body()
            }
        }
        watches.withLock { $0 = armed }
        return stop
    }
}
