internal import DaemonContract
package import EventLoop
internal import Glibc
package import HTTP

/// Tells one other daemon, at intervals and soon after changes, that this one lives and how it is.
///
/// A heartbeat that fails is only logged, the first time and then every tenth: the next one comes anyway, and sooner than usual.
package actor HeartbeatSender {
    private let loop: EventLoop
    private let client: HTTPClient
    private let path: String
    private let token: @Sendable () -> String
    private let log: JSONLinesLog
    private let compose: @Sendable () async -> [UInt8]?
    private let answered: @Sendable (Bool) -> Void
    private var schedule: HeartbeatSchedule
    private var timer: EventLoop.Timer?
    private var isStopped = false
    private var failures = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - endpoint: whom to tell.
    ///   - path: where it listens to heartbeats.
    ///   - token: this user's, which changing calls over TCP need, as it is when a heartbeat goes out.
    ///   - interval: the time between two heartbeats when nothing changes.
    ///   - answered: called after each one with whether it was taken.
    ///   - compose: writes the heartbeat of this moment.
    package init(
        to endpoint: HTTPEndpoint, path: String, token: @escaping @Sendable () -> String, interval: Duration, loop: EventLoop,
        log: JSONLinesLog, answered: @escaping @Sendable (Bool) -> Void = { _ in }, compose: @escaping @Sendable () async -> [UInt8]?
    ) {
        self.loop = loop
        self.path = path
        self.token = token
        self.log = log
        self.answered = answered
        self.compose = compose
        var options = HTTPClientOptions()
        // Changes that follow each other share a connection; nothing is kept until the next interval.
        options.idleTime = .seconds(1)
        client = HTTPClient(loop: loop, endpoint: endpoint, options: options)
        schedule = HeartbeatSchedule(at: .now, interval: interval)
    }

    /// Sends the first one, and then goes on until ``stop(last:)``.
    package func start() {
        plan()
    }

    /// What heartbeats tell has changed: one goes out soon.
    package func changed() {
        guard !isStopped else { return }
        schedule.changed(at: .now)
        plan()
    }

    /// Sends nothing any more, but for one last heartbeat.
    package func stop(last: [UInt8]?) async {
        isStopped = true
        timer?.cancel()
        if let last { _ = await post(last) }
        client.close()
    }

    private func plan() {
        guard !isStopped, let delay = schedule.delay(at: .now) else { return }
        timer?.cancel()
        timer = loop.schedule(after: delay) { [weak self, loop] in
            // Without the preference it would begin on the global pool, and start that.
            Task(executorPreference: loop) { await self?.beat() }
        }
    }

    private func beat() async {
        guard !isStopped, schedule.delay(at: .now) == .zero else { return plan() }
        schedule.began(at: .now)
        var taken = true
        if let absence {
            taken = false
            missed(absence)
            answered(taken)
        } else if let body = await compose(), !isStopped {
            taken = await post(body)
            answered(taken)
        }
        schedule.ended(at: .now, taken: taken)
        plan()
    }

    private func post(_ body: [UInt8]) async -> Bool {
        let request = HTTPClientRequest(
            method: .post, target: path, headers: ["Content-Type": "application/json", "Authorization": "Bearer \(token())"],
            content: .bytes(body))
        do {
            let response = try await client.send(request, deadline: .seconds(5))
            _ = try await response.collectBody()
            guard response.status.isSuccess else { throw RequestError(response.status.code, "refused", "status \(response.status)") }
            if failures > 0 { log.info("Heartbeats are taken again.", ["path": .text(path), "missed": .number(failures)]) }
            failures = 0
            return true
        } catch {
            missed("\(error)")
            return false
        }
    }

    private func missed(_ why: String) {
        failures += 1
        guard failures == 1 || failures % 10 == 0 else { return }
        log.notice("A heartbeat was not taken.", ["path": .text(path), "missed": .number(failures), "error": .text(why)])
    }

    /// Why there is nobody to be told, where one look shows it. Then nothing is written, and nothing of what writes it comes into memory.
    private var absence: String? {
        guard case .unix(let socket) = client.endpoint, access(socket, F_OK) != 0, errno == ENOENT else { return nil }
        return "there is no socket \(socket)"
    }
}

extension Duration {
    /// The time since some moment of this boot, on the clock that no one can set.
    fileprivate static var now: Duration { .nanoseconds(Int64(clamping: Monotonic.now().nanoseconds)) }
}
