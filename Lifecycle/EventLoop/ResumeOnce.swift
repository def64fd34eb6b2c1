package import Synchronization

/// One continuation that reply, timer, cancellation and close race to resume: the first wins, the others do nothing.
///
/// `resume` may come before `value` is awaited; only one task may await it.
///
/// Inlinable, so that whoever uses it uses it for types that are known: otherwise the runtime looks up a dozen generic types each time.
package final class ResumeOnce<Success: Sendable, Failure: Error>: Sendable {
    @usableFromInline
    enum State {
        /// Nobody waits and nothing is known. Can become `waiting` or `resolved`.
        case idle
        /// A task waits. Can become `done`.
        case waiting(UnsafeContinuation<Result<Success, Failure>, Never>)
        /// The result came before anyone waited. Can become `done`.
        case resolved(Result<Success, Failure>)
        /// Handed over. The end.
        case done
    }

    @usableFromInline
    let state = Mutex(State.idle)

    @inlinable
    package init() {}

    /// Gives the result to whoever waits or will wait.
    ///
    /// - Returns: whether this was the first call.
    @discardableResult
    @inlinable
    package func resume(with result: Result<Success, Failure>) -> Bool {
        let (first, continuation) = state.withLock { state -> (Bool, UnsafeContinuation<Result<Success, Failure>, Never>?) in
            switch state {
            case .idle:
                state = .resolved(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .done
                return (true, continuation)
            case .resolved, .done:
                return (false, nil)
            }
        }
        continuation?.resume(returning: result)
        return first
    }

    /// Waits for the result, without heeding cancellation: who races cancellation calls `resume` from its handler.
    @inlinable
    package func value() async throws(Failure) -> Success {
        try await result().get()
    }

    /// Waits for the result; `onCancel` is called if the task is cancelled meanwhile, and should see to it that there is one.
    ///
    /// Stays where the caller is, which `withTaskCancellationHandler` alone does not: called from a function that runs wherever its caller
    /// does, it sends the operation to the global pool and back.
    @inlinable
    package func result(
        isolation: isolated (any Actor)? = #isolation, onCancel: @Sendable () -> Void
    ) async -> Result<Success, Failure> {
        await withTaskCancellationHandler {
            _ = isolation  // capturing it is what keeps the closure there
            return await result()
        } onCancel: {
            onCancel()
        }
    }

    /// The same as ``value()``, not thrown.
    @inlinable
    package func result() async -> Result<Success, Failure> {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Success, Failure>, Never>) in
            let early = state.withLock { state -> Result<Success, Failure>? in
                switch state {
                case .idle:
                    state = .waiting(continuation)
                    return nil
                case .resolved(let result):
                    state = .done
                    return result
                case .waiting, .done:
                    // Whoever makes one awaits it, in one place: a second waiter would wait for ever.
                    preconditionFailure("ResumeOnce awaited twice")  // by our own code: no input awaits
                }
            }
            if let early {
                continuation.resume(returning: early)
            }
        }
    }
}

extension ResumeOnce: Hashable {
    package static func == (left: ResumeOnce, right: ResumeOnce) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}
