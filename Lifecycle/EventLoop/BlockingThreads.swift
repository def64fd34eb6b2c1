internal import CPlatform
internal import Glibc

/// Runs `body` on a thread that may block, and suspends the caller until it is done.
///
/// For calls that have no descriptor to wait for: `fsync`, name resolution, waiting for a child. The pool is small and its threads
/// leave when idle; a body cannot be interrupted, so it must not wait for something that may never come.
package func onBlockingThread<T: Sendable>(_ body: @Sendable @escaping () throws -> T) async throws -> T {
    let outcome = ResumeOnce<T, any Error>()
    BlockingThreads.shared.run {
        outcome.resume(with: Result { try body() })
    }
    return try await outcome.value()
}

/// A handful of threads for blocking calls, started when needed.
final class BlockingThreads: Sendable {
    static let shared = BlockingThreads(limit: 8, idleSeconds: 2)

    private let limit: Int
    private let idleSeconds: Int
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>  // a lock
    private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>  // used with `mutex`
    private nonisolated(unsafe) var queue = WorkQueue()  // under `mutex`
    private nonisolated(unsafe) var queued = 0  // under `mutex`
    private nonisolated(unsafe) var idle = 0  // under `mutex`
    private nonisolated(unsafe) var threads = 0  // under `mutex`

    /// - Parameters:
    ///   - limit: how many threads at most; further work waits for one.
    ///   - idleSeconds: how long a thread without work stays.
    init(limit: Int, idleSeconds: Int) {
        self.limit = limit
        self.idleSeconds = idleSeconds
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func run(_ body: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        queue.append(.call(body))
        queued += 1
        let needsThread = queued > idle && threads < limit
        if needsThread {
            threads += 1
        }
        pthread_mutex_unlock(mutex)
        // Not under the lock: whoever wakes up would wait for it.
        pthread_cond_signal(condition)
        if needsThread, startThread() != 0 {
            // If this is not the only one, another will come to the work; otherwise it is better done here than never.
            serve(stayingIdle: false)
        }
    }

    private func startThread() -> Int32 {
        let context = Unmanaged.passRetained(self)
        let code = rbee_thread_start(
            "blocking",
            { raw in
                guard let raw else { return }
                Unmanaged<BlockingThreads>.fromOpaque(raw).takeRetainedValue().serve(stayingIdle: true)
            }, context.toOpaque())
        if code != 0 {
            context.release()
        }
        return code
    }

    /// Takes work until there has been none for a while.
    private func serve(stayingIdle: Bool) {
        pthread_mutex_lock(mutex)
        while let work = takeWork(waiting: stayingIdle) {
            pthread_mutex_unlock(mutex)
            if case .call(let body) = work {
                body()
            }
            pthread_mutex_lock(mutex)
        }
        threads -= 1
        pthread_mutex_unlock(mutex)
    }

    /// Called and returning with the lock held. `nil` when the thread may leave.
    private func takeWork(waiting: Bool) -> Work? {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_sec += idleSeconds
        while true {
            if let work = queue.popFirst() {
                queued -= 1
                return work
            }
            guard waiting else { return nil }
            idle += 1
            let code = pthread_cond_timedwait(condition, mutex, &end)
            idle -= 1
            if code == ETIMEDOUT, queue.isEmpty {
                return nil
            }
        }
    }
}
