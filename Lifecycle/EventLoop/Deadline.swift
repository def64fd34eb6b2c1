extension EventLoop {
    /// Runs `operation` on the loop for at most `limit`.
    ///
    /// Result, deadline and cancellation race to resume one continuation. When the deadline or the caller's cancellation wins, the
    /// operation is cancelled and *not* waited for: what ignores cancellation goes on by itself, and its result is dropped.
    ///
    /// - Throws: `DeadlineExceeded`, `CancellationError`, or what `operation` throws.
    package func withDeadline<T: Sendable>(_ limit: Duration, _ operation: @escaping @Sendable () async throws -> T) async throws -> T {
        let outcome = ResumeOnce<T, any Error>()
        let task = Task(executorPreference: self) {
            do {
                outcome.resume(with: .success(try await operation()))
            } catch {
                outcome.resume(with: .failure(error))
            }
        }
        let timer = schedule(after: limit) {
            if outcome.resume(with: .failure(DeadlineExceeded(limit: limit))) {
                task.cancel()
            }
        }
        defer { timer.cancel() }
        let result = await outcome.result {
            if outcome.resume(with: .failure(CancellationError())) {
                task.cancel()
            }
        }
        return try result.get()
    }
}
