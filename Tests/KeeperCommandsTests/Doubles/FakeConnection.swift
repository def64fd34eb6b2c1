import KeeperCommands
import Synchronization

/// Answers requests from a script and lets a test feed the events of a stream.
final class FakeConnection: DaemonConnection, Sendable {
    typealias Answer = @Sendable (DaemonMethod, String, [UInt8]?) async throws -> DaemonReply
    typealias Events = @Sendable (_ path: String, _ lastID: String?) async throws -> AsyncThrowingStream<StreamEvent, any Error>

    let address = "http://127.0.0.1:7833"
    private let answer: Answer
    private let stream: Events
    private let asked = Mutex<[String]>([])
    private let bodies = Mutex<[[UInt8]]>([])

    init(
        answer: @escaping Answer = { method, path, _ in
            DaemonReply(status: 404, body: Array(#"{"error":{"code":"not_found","message":"no \#(method.rawValue) \#(path) here"}}"#.utf8))
        },
        events: @escaping Events = { _, _ in AsyncThrowingStream { $0.finish() } }
    ) {
        self.answer = answer
        stream = events
    }

    /// `POST /v1/jobs`, in order.
    var requests: [String] { asked.withLock { $0 } }
    var lastBody: String { bodies.withLock { String(decoding: $0.last ?? [], as: UTF8.self) } }

    func send(_ method: DaemonMethod, _ path: String, body: [UInt8]?, deadline: Duration) async throws -> DaemonReply {
        asked.withLock { $0.append("\(method.rawValue) \(path)") }
        if let body { bodies.withLock { $0.append(body) } }
        return try await answer(method, path, body)
    }

    func events(_ path: String, after lastID: String?) async throws -> AsyncThrowingStream<StreamEvent, any Error> {
        asked.withLock { $0.append("GET \(path)" + (lastID.map { " after \($0)" } ?? "")) }
        return try await stream(path, lastID)
    }

    /// A daemon that takes a job and tells these events.
    static func job(_ events: [StreamEvent]) -> FakeConnection {
        FakeConnection(
            answer: { _, _, _ in DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/v1/jobs/job-1/stream"}"#.utf8)) },
            events: { _, _ in
                AsyncThrowingStream { stream in
                    for event in events { stream.yield(event) }
                    stream.finish()
                }
            })
    }
}
