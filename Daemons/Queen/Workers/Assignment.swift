internal import DaemonRuntime
internal import HTTP
internal import Synchronization

/// A worker that was chosen for a request, counted as busy with it until this is ended or let go.
final class Assignment: Sendable {
    let worker: WorkerEntry
    let client: HTTPClient
    /// When it was chosen: what is heard of it later counts for more than what became of this.
    let began = Monotonic.now()
    private let onEnd: Mutex<(@Sendable () -> Void)?>

    init(worker: WorkerEntry, client: HTTPClient, onEnd: @escaping @Sendable () -> Void) {
        self.worker = worker
        self.client = client
        self.onEnd = Mutex(onEnd)
    }

    deinit {
        end()
    }

    /// The request is over. Doing it again changes nothing.
    func end() {
        onEnd.withLock { onEnd in
            defer { onEnd = nil }
            return onEnd
        }?()
    }
}
