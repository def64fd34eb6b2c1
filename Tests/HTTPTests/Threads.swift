import CPlatform
import EventLoop
import Synchronization

/// Runs blocking test code on a thread of its own, so that tests in parallel never wait for each other's threads.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let outcome = ResumeOnce<T, any Error>()
    let box = Unmanaged.passRetained(Box { outcome.resume(with: Result { try body() }) })
    let code = rbee_thread_start(
        "test",
        { context in
            guard let context else { return }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
        }, box.toOpaque())
    precondition(code == 0, "no thread for a test")
    return try await outcome.value()
}

private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// A value that tests share with handlers.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) {
        mutex = Mutex(value)
    }

    var value: Value { mutex.withLock { $0 } }

    @discardableResult
    func change<R: Sendable>(_ body: @Sendable (inout Value) -> R) -> R {
        mutex.withLock { body(&$0) }
    }
}

/// Something that happens once, and that any number of tasks wait for.
final class Event: Sendable {
    private let state = Mutex((happened: false, waiting: [ResumeOnce<Void, Never>]()))

    func happen() {
        let waiting = state.withLock { state in
            state.happened = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume(with: .success(())) }
    }

    func value() async {
        let waiter = ResumeOnce<Void, Never>()
        let happened = state.withLock { state in
            if !state.happened { state.waiting.append(waiter) }
            return state.happened
        }
        if !happened { await waiter.value() }
    }
}
