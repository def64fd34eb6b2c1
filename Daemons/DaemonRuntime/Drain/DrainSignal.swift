internal import EventLoop
internal import Synchronization

/// Tells whoever waits that the daemon has begun to drain. It does so once.
package final class DrainSignal: Sendable {
    private struct State {
        var hasFired = false
        var waiting: [UInt64: ResumeOnce<Void, Never>] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the daemon drains.
    package var hasFired: Bool {
        state.withLock { $0.hasFired }
    }

    /// The daemon drains.
    package func fire() {
        let waiting = state.withLock { state in
            state.hasFired = true
            defer { state.waiting.removeAll() }
            return state.waiting.values
        }
        for waiter in waiting { waiter.resume(with: .success(())) }
    }

    /// Returns when the daemon drains, or the task is cancelled.
    package func wait() async {
        let fired = ResumeOnce<Void, Never>()
        let number = state.withLock { state -> UInt64? in
            guard !state.hasFired else { return nil }
            state.next += 1
            state.waiting[state.next] = fired
            return state.next
        }
        guard let number else { return }
        await withTaskCancellationHandler {
            await fired.value()
        } onCancel: {
            fired.resume(with: .success(()))
        }
        state.withLock { _ = $0.waiting.removeValue(forKey: number) }
    }
}
