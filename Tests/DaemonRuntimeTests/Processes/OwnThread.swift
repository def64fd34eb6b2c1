import Glibc

/// Runs a body that blocks on a thread of its own, so that it holds up nobody's pool.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        let work: @Sendable () -> Void = { continuation.resume(with: Result { try body() }) }
        let box = Unmanaged.passRetained(WorkBox(work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<WorkBox>.fromOpaque(raw).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        precondition(code == 0, "no thread for a test")
        pthread_detach(thread)
    }
}

private final class WorkBox: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}
