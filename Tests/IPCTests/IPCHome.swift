import ContextContract
import EventLoop
import Glibc
import Platform
import Testing

@testable import IPC

/// A service that says what it was asked, and takes its time when told to.
struct EchoService: IPCService {
    func handle(_ request: ContextRequest, from peer: PeerCredentials) async -> ContextResponse {
        switch request {
        case .ping: .ok(.pong(timestamp: 7))
        case .getContext(let cwd, let prompt):
            .ok(.context(prompt ?? "", nodes: [cwd]))
        case .prepareContext(_, let prompt):
            await waiting(for: prompt)
        case .initProject: .ok(nil)
        case .status:
            .ok(
                .status(
                    ContextStatus(
                        version: "0", uptimeSecs: 0, projectsLoaded: 0, memoryUsageBytes: 0, requestsTotal: 0, cacheHitRate: .nan,
                        avgLatencyMs: 0)))
        default: .ack
        }
    }

    /// Answers once `gate` is opened.
    private func waiting(for prompt: String?) async -> ContextResponse {
        await gate.value()
        return .ok(.context(prompt ?? "", nodes: []))
    }

    let gate = Gate()

    func answer(to refusal: IPCRefusal) -> ContextResponse {
        switch refusal {
        case .malformed(let why), .unknown(let why): .error(code: .invalidRequest, message: why)
        case .stalled: .error(code: .timeout, message: "stalled")
        case .overloaded: .error(code: .overloaded, message: "full")
        case .draining: .error(code: .shuttingDown, message: "closing")
        case .unanswerable(let why): .error(code: .internalError, message: why)
        }
    }
}

/// Holds up whoever comes until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [ResumeOnce<Void, Never>] = []
    private var arrivals: [ResumeOnce<Void, Never>] = []

    func value() async {
        for arrival in arrivals { arrival.resume(with: .success(())) }
        arrivals = []
        guard !isOpen else { return }
        let waiter = ResumeOnce<Void, Never>()
        waiting.append(waiter)
        await waiter.value()
    }

    /// Waits until somebody is held up.
    func arrival() async {
        guard waiting.isEmpty else { return }
        let arrival = ResumeOnce<Void, Never>()
        arrivals.append(arrival)
        await arrival.value()
    }

    func open() {
        isOpen = true
        for waiter in waiting { waiter.resume(with: .success(())) }
        waiting = []
    }
}

/// A server of the echo service on a socket of its own.
final class IPCHome: Sendable {
    let path: String
    let server: IPCServer<EchoService>
    let service = EchoService()
    private let directory: RunDirectory

    /// Limits under which nothing is cut for coming slowly, however busy the machine is.
    static var patient: IPCLimits {
        var limits = IPCLimits()
        limits.messageTime = .seconds(60)
        limits.lingerTime = .seconds(60)
        return limits
    }

    static func with(
        limits: IPCLimits = patient, allowed: @escaping @Sendable (PeerCredentials) -> Bool = { _ in true },
        _ body: (IPCHome) async throws -> Void
    ) async throws {
        let home = try IPCHome(limits, allowed)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(home))
        } catch {
            result = .failure(error)
        }
        home.server.close()
        unlink("\(home.path)/ipc.sock")
        rmdir(home.path)
        try result.get()
    }

    private init(_ limits: IPCLimits, _ allowed: @escaping @Sendable (PeerCredentials) -> Bool) throws {
        var template = Array("/tmp/rbee-ipc-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
        directory = try RunDirectory.make(path)
        server = IPCServer(loop: .shared, limits: limits, allowed: allowed, service: service)
        server.listen(descriptor: try directory.bindSocket("ipc.sock").descriptor)
    }

    func connect() throws -> RawClient { RawClient(try directory.connectSocket("ipc.sock")) }

    func socket() throws -> Descriptor { try directory.connectSocket("ipc.sock") }

    func client() throws -> IPCClient<ContextRequest, ContextResponse> { IPCClient(socket: try directory.connectSocket("ipc.sock")) }

    /// Waits until the server has closed all its connections.
    func empty() async throws {
        // A server tells nobody of a connection that is gone.
        while server.connections > 0 { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
    }
}

/// The client's end of a connection, byte by byte.
final class RawClient: Sendable {
    private let socket: Descriptor

    init(_ socket: Descriptor) { self.socket = socket }

    /// Sends everything, as fast as the other side takes it.
    func send(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket.rawValue, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try await limited { [socket] in try await EventLoop.shared.writable(socket.rawValue) }
            } else {
                throw SystemError(errno: errno, "send")
            }
        }
    }

    func send(_ request: ContextRequest) async throws { try await send(FrameMachine.frame(of: try ValueEncoder.encode(request))) }
    func send(text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends nothing more.
    func finish() { shutdown(socket.rawValue, Int32(SHUT_WR)) }
    func close() { socket.close() }

    /// Everything until the other side closes, or `count` bytes.
    func receive(upTo count: Int = .max) async throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            if let bytes = try socket.read(upTo: min(65_536, count - all.count)) {
                if bytes.isEmpty { break }
                all += bytes
            } else {
                try await limited { [socket] in try await EventLoop.shared.readable(socket.rawValue) }
            }
        }
        return all
    }

    /// One line of text, with its end.
    func line() async throws -> String {
        var all: [UInt8] = []
        while all.last != UInt8(ascii: "\n") {
            let byte = try await receive(upTo: 1)
            if byte.isEmpty { break }
            all += byte
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// The next answer.
    func answer() async throws -> ContextResponse {
        let head = try await receive(upTo: 4)
        guard head.count == 4 else { throw IPCError(.closed, "no answer") }
        let body = try await receive(upTo: head.reversed().reduce(0) { $0 << 8 | Int($1) })
        return try ValueDecoder.decode(from: try MessagePack.value(of: body))
    }

    /// The answer, and then the end of the connection.
    func lastAnswer() async throws -> ContextResponse {
        let answer = try await answer()
        #expect(try await receive() == [], "more came after the last answer")
        return answer
    }

    /// Longer than anything here may take.
    private func limited(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await EventLoop.shared.withDeadline(.seconds(60), body)
    }
}

extension ContextResponse {
    /// The code of a refusal.
    var code: ContextErrorCode? {
        guard case .error(let code, _) = self else { return nil }
        return code
    }

    var message: String? {
        guard case .error(_, let message) = self else { return nil }
        return message
    }
}
