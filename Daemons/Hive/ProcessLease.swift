internal import DaemonContract
internal import DaemonRuntime
internal import OperationContract
internal import Synchronization

/// Keeps the hive while one of its plain programs is up: nobody else would start it again, and without its hive it would be stopped with it.
final class ProcessLease: Sendable {
    private struct State {
        var up: Set<String> = []
        var hold: Lifetime.Hold?
    }

    private let lifetime: Lifetime
    private let state = Mutex(State())

    init(_ lifetime: Lifetime) {
        self.lifetime = lifetime
    }

    /// Takes note of how a program is now.
    func note(_ process: SupervisedProcess) {
        let isDown = process.state == .stopped || process.state == .failed
        // What is given back is given back outside.
        let former = state.withLock { state in
            if isDown { state.up.remove(process.name) } else { state.up.insert(process.name) }
            let former = state.hold
            if state.up.isEmpty {
                state.hold = nil
            } else if former == nil {
                // A hive that is ending needs none.
                state.hold = try? lifetime.holdLease(holder: "processes").1
            }
            return former
        }
        withExtendedLifetime(former) {}
    }
}
