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

/// Something that happens once and is waited for.
typealias Event = ResumeOnce<Void, Never>

extension ResumeOnce where Success == Void, Failure == Never {
    func happen() {
        resume(with: .success(()))
    }
}
