internal import EventLoop
internal import Glibc
internal import Synchronization

/// Ctrl-C, a polite kill and a terminal that goes away, through the event loop.
struct SignalInterrupts: InterruptSource {
    func onInterrupt(_ body: @escaping @Sendable (Int32) -> Void) throws -> @Sendable () -> Void {
        let watches = Mutex<[EventLoop.Watch]>([])
        let stop = { @Sendable in
            let open = watches.withLock { open in
                defer { open = [] }
                return open
            }
            for watch in open { watch.cancel() }
        }
        let armed = try [SIGINT, SIGTERM, SIGHUP].filter { !Self.isIgnored($0) }.map { signal in
            try EventLoop.shared.onSignal(signal) {
                // From here on a second one ends the process at once, as if nobody listened.
                stop()
                body(signal)
            }
        }
        watches.withLock { $0 = armed }
        return stop
    }

    /// Whoever starts this with `nohup` does not want it to end with the terminal.
    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
