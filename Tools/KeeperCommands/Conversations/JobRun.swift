internal import DaemonContract
package import OperationContract
internal import Synchronization

/// Submits one job and follows its stream to the end, whatever the end is.
package struct JobRun: Sendable {
    /// Lost streams are opened again so often, from the last event seen.
    private static let reconnections = 3
    private static let answerDeadline: Duration = .seconds(10)

    let connection: any DaemonConnection
    /// Starts the daemon once more and connects to it, for a job that it did not take because it was gone or going.
    let again: (@Sendable () async throws -> any DaemonConnection)?
    /// How long the stream may say nothing.
    let patience: Duration
    let clock: any KeeperClock

    /// Hears the job's id as soon as there is one.
    let onAccepted: @Sendable (String) -> Void

    package init(
        connection: any DaemonConnection, again: (@Sendable () async throws -> any DaemonConnection)? = nil, patience: Duration,
        clock: any KeeperClock, onAccepted: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.connection = connection
        self.again = again
        self.patience = patience
        self.clock = clock
        self.onAccepted = onAccepted
    }

    /// Runs the job.
    ///
    /// When the caller is cancelled, or `onEvent` throws, the job is cancelled before this throws.
    /// - Parameters:
    ///   - operation: the body of `POST /v1/jobs`.
    ///   - onEvent: hears tokens, narration and the result, in order.
    /// - Throws: `job_failed` with the job's own words, `job_cancelled`, `timed_out`.
    package func run(_ operation: Operation, onEvent: @escaping @Sendable (JobStreamEvent) throws -> Void) async throws {
        let patience = patience, clock = clock
        let (job, connection) = try await submit(operation)
        onAccepted(job.jobID)
        let activity = LastActivity(clock.now)
        let silent = Flag()
        let follower = Task { [self] in
            try await follow(job, connection) { event in
                activity.note(clock.now)
                try onEvent(event)
            }
        }
        let watchdog = Task {
            while true {
                let idle = clock.now - activity.time
                if idle >= patience { break }
                try await clock.sleep(for: patience - idle)
            }
            silent.raise()
            follower.cancel()
        }
        defer { watchdog.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await follower.value
            } onCancel: {
                follower.cancel()
            }
        } catch let error as KeeperError where error.code == .jobFailed || error.code == .jobCancelled {
            throw error
        } catch {
            await cancel(job, connection)
            guard silent.isRaised else { throw error }
            throw KeeperError(
                .timedOut, "the job said nothing for \(HumanTime.elapsed(patience)) and was cancelled",
                next: [connection.logsCommand, "rbee-keeper status"], exit: .timedOut, underlying: error)
        }
    }

    /// Hands the job over. A daemon that is gone or going has not read it, so another one is given it.
    private func submit(_ operation: Operation) async throws -> (JobResponse, any DaemonConnection) {
        do {
            return (try await submit(operation, to: connection), connection)
        } catch let error as KeeperError where error.isOfOneThatGoes {
            guard let again else { throw error }
            let connection = try await again()
            return (try await submit(operation, to: connection), connection)
        }
    }

    private func submit(_ operation: Operation, to connection: any DaemonConnection) async throws -> JobResponse {
        try await connection.call(.post, JobPath.jobs, body: operation, deadline: Self.answerDeadline, as: JobResponse.self)
    }

    private func follow(
        _ job: JobResponse, _ connection: any DaemonConnection, _ onEvent: (JobStreamEvent) throws -> Void
    ) async throws {
        var lastID: String?
        var attempts = 0
        while true {
            var lost: (any Error)?
            do {
                for try await event in try await connection.events(job.sseURL, after: lastID) {
                    attempts = 0
                    lastID = event.id ?? lastID
                    // What cannot be read is of a later version: no reason to end.
                    guard let event = try? JobStreamEvent(name: event.name, data: event.data) else { continue }
                    guard case .end(let marker) = event else {
                        try onEvent(event)
                        continue
                    }
                    return try end(marker, connection)
                }
            } catch let error where error is KeeperError || error is OutputError || error is CancellationError {
                throw error
            } catch {
                lost = error
            }
            try Task.checkCancellation()
            attempts += 1
            guard attempts <= Self.reconnections else {
                let why = lost.map { ": \($0)" } ?? ""
                throw KeeperError(
                    .failed, "\(connection.address) closed the job's stream before its end\(why)",
                    next: ["rbee-keeper status", connection.logsCommand], underlying: lost)
            }
        }
    }

    private func end(_ marker: JobMarker, _ connection: any DaemonConnection) throws {
        switch marker {
        case .done:
            return
        case .error(let message):
            throw KeeperError(
                .jobFailed, message.isEmpty ? "the job failed without a reason" : message,
                next: [connection.logsCommand, "rbee-keeper status"])
        case .cancelled:
            throw KeeperError(.jobCancelled, "the job was cancelled by somebody else", next: [connection.logsCommand])
        }
    }

    /// Also when the caller is cancelled; a job that cannot be cancelled is cancelled by its queen when nobody listens.
    private func cancel(_ job: JobResponse, _ connection: any DaemonConnection) async {
        await Task {
            _ = try? await connection.send(.delete, JobPath.job(job.jobID), body: nil, deadline: .seconds(2))
        }.value
    }
}

/// When something was last heard.
private final class LastActivity: Sendable {
    private let stored: Mutex<Duration>

    init(_ time: Duration) {
        stored = Mutex(time)
    }

    var time: Duration { stored.withLock { $0 } }

    func note(_ time: Duration) {
        stored.withLock { $0 = time }
    }
}
