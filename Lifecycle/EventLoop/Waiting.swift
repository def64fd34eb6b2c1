/// What a watched descriptor is to be ready for.
package enum Readiness: Sendable {
    case readable
    case writable
}

extension EventLoop {
    /// Something that will happen once, later, unless it is cancelled. Dropping it does not cancel it.
    package struct Timer: Sendable {
        let source: EventSource

        /// The body never starts after this returns, if called on the loop; elsewhere it may be starting just now.
        package func cancel() {
            source.cancel()
        }
    }

    /// Something that happens each time a descriptor is ready or a signal arrives, until it is cancelled. Dropping it does not cancel it.
    package struct Watch: Sendable {
        let source: EventSource
        var onCancel: (@Sendable () -> Void)?

        /// Ends it. Called on the loop, the descriptor may be closed as soon as this returns; elsewhere, after the next turn.
        package func cancel() {
            if source.cancel() {
                onCancel?()
            }
        }

        /// Stops looking, until ``resume()``.
        package func pause() {
            source.pause()
        }

        /// Looks again after ``pause()``.
        package func resume() {
            source.resume()
        }
    }

    /// Runs `body` on the loop once `delay` has passed, never earlier.
    @discardableResult
    package func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> Timer {
        let source = EventSource(loop: self, trigger: .after(delay), repeats: false, body: body)
        source.start()
        return Timer(source: source)
    }

    /// Runs `body` on the loop whenever `descriptor` is ready, until the watch is cancelled.
    ///
    /// The descriptor must stay open until the event is gone, or whatever gets its number next is never seen ready. It is not closed by the
    /// loop, which keeps what `body` captures for as long: whoever may be let go elsewhere has `body` capture the descriptor's owner. One that
    /// cannot be waited for is reported ready once.
    package func watch(_ descriptor: Int32, for readiness: Readiness, _ body: @escaping @Sendable () -> Void) -> Watch {
        let trigger: Trigger =
            switch readiness {
            case .readable: .readable(descriptor)
            case .writable: .writable(descriptor)
            }
        let source = EventSource(loop: self, trigger: trigger, repeats: true, body: body)
        source.start()
        return Watch(source: source)
    }

    /// Suspends the task for at least `duration`.
    ///
    /// - Throws: `CancellationError`, at once, if the task is cancelled or the loop stopped.
    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await wait(for: .after(duration))
    }

    /// Suspends the task until `descriptor` is readable: data, end of file, a pidfd's process has exited.
    ///
    /// - Throws: `CancellationError`, at once, if the task is cancelled or the loop stopped.
    package func readable(_ descriptor: Int32) async throws(CancellationError) {
        try await wait(for: .readable(descriptor))
    }

    /// Suspends the task until `descriptor` can be written to, or has failed.
    ///
    /// - Throws: `CancellationError`, at once, if the task is cancelled or the loop stopped.
    package func writable(_ descriptor: Int32) async throws(CancellationError) {
        try await wait(for: .writable(descriptor))
    }

    private func wait(for trigger: Trigger) async throws(CancellationError) {
        let done = ResumeOnce<Void, CancellationError>()
        let source = EventSource(loop: self, trigger: trigger, repeats: false) {
            done.resume(with: .failure(CancellationError()))
        } body: {
            done.resume(with: .success(()))
        }
        source.start()
        let result = await done.result {
            // Resumed only after the event is gone: the caller may close the descriptor.
            source.cancel {
                done.resume(with: .failure(CancellationError()))
            }
        }
        try result.get()
    }
}
