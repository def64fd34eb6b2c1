import EventLoop
import Glibc

/// Runs a body that blocks on a thread of its own, so that it holds up nobody's pool.
func onOwnThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    let done = ResumeOnce<Void, any Error>()
    let box = Unmanaged.passRetained(OwnThread(body, done))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { raw in
            if let raw { OwnThread.run(Unmanaged<OwnThread>.fromOpaque(raw)) }
            return nil
        }, box.toOpaque())
    precondition(code == 0, "no thread for a test")
    pthread_detach(thread)
    try await done.value()
}

private final class OwnThread: Sendable {
    private let body: @Sendable () throws -> Void
    private let done: ResumeOnce<Void, any Error>

    init(_ body: @escaping @Sendable () throws -> Void, _ done: ResumeOnce<Void, any Error>) {
        self.body = body
        self.done = done
    }

    /// What the body holds is given up before anybody hears that it is done: the process may end right after.
    static func run(_ box: Unmanaged<OwnThread>) {
        let (result, done) = box._withUnsafeGuaranteedRef { (Result(catching: $0.body), $0.done) }
        box.release()
        done.resume(with: result)
    }
}
