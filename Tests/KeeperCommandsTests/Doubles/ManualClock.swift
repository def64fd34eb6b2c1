import KeeperCommands
import Synchronization

/// A clock that moves when it is told to, and at once for whoever sleeps when it is told to.
final class ManualClock: KeeperClock, Sendable {
    private struct Sleeper {
        let id: Int
        let end: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Duration = .zero
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var nextID = 0
        /// Waiting for so many sleepers to be there.
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    /// Sleeping takes no time but moves the clock.
    private let isEager: Bool

    init(isEager: Bool = false) {
        self.isEager = isEager
    }

    var now: Duration { state.withLock { $0.now } }
    var unixTime: Double { 1_760_000_000 }

    func sleep(for duration: Duration) async throws {
        if isEager {
            try Task.checkCancellation()
            state.withLock { $0.now += duration }
            await Task.yield()
            return
        }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if state.cancelled.contains(id) { return true }
                    state.sleepers.append(Sleeper(id: id, end: state.now + duration, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                tellObservers()
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                state.cancelled.insert(id)
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else { return nil }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns when so many tasks sleep.
    func sleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.observers.append((count, continuation)) }
            tellObservers()
        }
    }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let woken = state.sleepers.filter { $0.end <= state.now }
            state.sleepers.removeAll { $0.end <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    private func tellObservers() {
        let ready = state.withLock { state in
            let ready = state.observers.filter { $0.count <= state.sleepers.count }
            state.observers.removeAll { $0.count <= state.sleepers.count }
            return ready
        }
        for observer in ready { observer.continuation.resume() }
    }
}
