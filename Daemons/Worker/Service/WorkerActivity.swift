internal import OperationContract
internal import Synchronization

/// What a worker is doing, as its heartbeats tell it.
final class WorkerActivity: Sendable {
    private enum Phase {
        /// The engine is coming up. Can transition to serving or stopping.
        case starting
        /// Requests are answered. Can transition to stopping.
        case serving
        /// Nothing new is taken. Final.
        case stopping
    }

    private struct State {
        var phase = Phase.starting
        var inFlight = 0
        var onChange: (@Sendable () -> Void)?

        var status: OperationalStatus {
            switch phase {
            case .starting: .starting
            case .serving: inFlight == 0 ? .ready : .busy
            case .stopping: .stopping
            }
        }
    }

    private let state = Mutex(State())

    /// What to do whenever the status has changed; called on the thread that changed it.
    func onChange(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.onChange = body }
    }

    var status: OperationalStatus { state.withLock { $0.status } }
    var inFlight: Int { state.withLock { $0.inFlight } }

    /// The engine is up.
    func serve() {
        change { state in
            if case .starting = state.phase { state.phase = .serving }
        }
    }

    /// The worker is ending.
    func stop() {
        change { $0.phase = .stopping }
    }

    /// A generation begins; it ends when the value is ended, or goes.
    func begin() -> Generating {
        change { $0.inFlight += 1 }
        return Generating(self)
    }

    private func change(_ body: (inout State) -> Void) {
        let changed = state.withLock { state -> (@Sendable () -> Void)? in
            let before = state.status
            body(&state)
            return state.status == before ? nil : state.onChange
        }
        changed?()
    }

    /// A generation under way.
    final class Generating: Sendable {
        private let activity: WorkerActivity
        private let ended = Atomic<Bool>(false)

        fileprivate init(_ activity: WorkerActivity) {
            self.activity = activity
        }

        deinit {
            end()
        }

        /// It has ended. Later calls do nothing.
        func end() {
            if !ended.exchange(true, ordering: .relaxed) { activity.change { $0.inFlight -= 1 } }
        }
    }
}
