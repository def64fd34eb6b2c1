package import EventLoop
internal import Synchronization

/// How many requests a server is busy with, and who waits for there to be none.
package final class InFlight: Sendable {
    private struct State {
        var count = 0
        var waiting: [ResumeOnce<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// How many there are now.
    package var count: Int { state.withLock { $0.count } }

    /// One more, or one fewer.
    package func change(by difference: Int) {
        let quiet = state.withLock { state -> [ResumeOnce<Void, Never>] in
            state.count += difference
            guard state.count == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in quiet {
            waiter.resume(with: .success(()))
        }
    }

    /// Waits until there is none.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait.
    ///   - loop: where the requests are counted; what is queued there is counted too.
    /// - Returns: whether there is none.
    package func none(within deadline: Duration, on loop: EventLoop) async -> Bool {
        let quiet = ResumeOnce<Void, Never>()
        loop.execute {
            let isQuiet = self.state.withLock { state in
                if state.count > 0 {
                    state.waiting.append(quiet)
                }
                return state.count == 0
            }
            if isQuiet {
                quiet.resume(with: .success(()))
            }
        }
        let ended: Void? = try? await loop.withDeadline(deadline) { await quiet.value() }
        return ended != nil
    }
}
