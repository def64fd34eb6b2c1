internal import EventLoop
internal import Synchronization

extension EventLoop {
    /// Waits until a descriptor is readable. The loop has forgotten it when this returns: it may be closed.
    ///
    /// - Returns: false when `limit` passed first, or the caller was cancelled.
    func isReadable(_ descriptor: Int32, within limit: Duration) async -> Bool {
        await firstReadable(of: [descriptor], within: limit) != nil
    }

    /// Waits until a descriptor can be written to, or has failed. The loop has forgotten it when this returns: it may be closed.
    ///
    /// - Returns: false when `limit` passed first, or the caller was cancelled.
    func isWritable(_ descriptor: Int32, within limit: Duration) async -> Bool {
        let wait = ReadableWait()
        run {
            wait.add(self.watch(descriptor, for: .writable) { wait.end(descriptor) })
            wait.limit(self.schedule(after: limit) { wait.end(nil) })
        }
        return await wait.found.result { run { wait.end(nil) } }.get() != nil
    }

    /// Waits until one of some descriptors is readable. The loop has forgotten them when this returns: they may be closed.
    ///
    /// - Returns: the first that was, or nil when `limit` passed first, or the caller was cancelled.
    func firstReadable(of descriptors: [Int32], within limit: Duration) async -> Int32? {
        let wait = ReadableWait()
        // On the loop, where a watch that is cancelled is gone at once.
        run {
            for descriptor in descriptors { wait.add(self.watch(descriptor, for: .readable) { wait.end(descriptor) }) }
            wait.limit(self.schedule(after: limit) { wait.end(nil) })
        }
        return await wait.found.result { run { wait.end(nil) } }.get()
    }
}

/// One wait for several descriptors. Changed on the loop's thread alone.
private final class ReadableWait: Sendable {
    private struct State {
        var watches: [EventLoop.Watch] = []
        var timer: EventLoop.Timer?
        var isOver = false
    }

    let found = ResumeOnce<Int32?, Never>()
    private let state = Mutex(State())

    /// Whoever waits may have been cancelled before the wait began.
    func add(_ watch: EventLoop.Watch) {
        let isOver = state.withLock { state in
            if !state.isOver { state.watches.append(watch) }
            return state.isOver
        }
        if isOver { watch.cancel() }
    }

    func limit(_ timer: EventLoop.Timer) {
        let isOver = state.withLock { state in
            if !state.isOver { state.timer = timer }
            return state.isOver
        }
        if isOver { timer.cancel() }
    }

    /// Ends every watch, and only then tells.
    func end(_ descriptor: Int32?) {
        let (watches, timer) = state.withLock { state in
            defer { state = State(isOver: true) }
            return (state.watches, state.timer)
        }
        for watch in watches { watch.cancel() }
        timer?.cancel()
        found.resume(with: .success(descriptor))
    }
}
