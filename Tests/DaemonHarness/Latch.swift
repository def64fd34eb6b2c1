internal import EventLoop
internal import Synchronization

/// Something that happens once, and that any number of tasks wait for.
package final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [ResumeOnce<Bool, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var isOpen: Bool { state.withLock { $0.isOpen } }

    /// It has happened.
    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for waiter in waiting { waiter.resume(with: .success(true)) }
    }

    /// Waits until it happens or the task is cancelled.
    ///
    /// - Throws: when it has not happened within a time that only a failing test reaches.
    package func wait() async throws {
        let once = ResumeOnce<Bool, Never>()
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(once) }
            return state.isOpen
        }
        if isOpen { return }
        let timer = EventLoop.shared.schedule(after: TestAPI.patience) { once.resume(with: .success(false)) }
        defer { timer.cancel() }
        let happened = await withTaskCancellationHandler {
            await once.value()
        } onCancel: {
            once.resume(with: .success(false))
        }
        try Task.checkCancellation()
        guard happened else { throw TestDaemon.Failure("it did not happen in time") }
    }
}

/// Looks again and again until something is so.
///
/// - Throws: when it is not within a time that only a failing test reaches, with what was last seen.
package func eventually<Value: Sendable>(
    _ what: String, within limit: Duration = TestAPI.patience, _ look: () async throws -> Value?
) async throws -> Value {
    let clock = SuspendingClock()
    let end = clock.now + limit
    var problem = ""
    while clock.now < end {
        do {
            if let value = try await look() { return value }
        } catch {
            problem = ": \(error)"
        }
        try await EventLoop.shared.sleep(for: .milliseconds(5))  // of what is looked at here nothing tells: it is looked at again
    }
    throw TestDaemon.Failure("not seen in time: \(what)\(problem)")
}
