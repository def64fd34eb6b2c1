internal import EventLoop

extension Task where Success == Result<EnsureRun.Running, LifecycleError>, Failure == Never {
    /// The task's value; a caller that is cancelled stops waiting, while the task goes on for the others and to its own end.
    func cancellableValue() async -> Success {
        let once = ResumeOnce<EnsureRun.Running, LifecycleError>()
        Task<Void, Never> { once.resume(with: await value) }
        return await once.result {
            once.resume(with: .failure(LifecycleError(.cancelled, "the wait was cancelled; a daemon that was started stays")))
        }
    }
}
