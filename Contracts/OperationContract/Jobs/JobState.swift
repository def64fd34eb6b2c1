/// The state of a job.
public enum JobState: Hashable, Sendable {
    /// Accepted, not yet begun. Can transition to `running` and `cancelled`.
    case queued
    /// Being carried out. Can transition to `completed`, `failed` and `cancelled`.
    case running
    /// Done. Final.
    case completed
    /// Ended by an error. Final.
    case failed(message: String)
    /// Ended because somebody asked for it. Final.
    case cancelled

    /// The word on the wire.
    public var word: String {
        switch self {
        case .queued: "queued"
        case .running: "running"
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }

    /// Why it failed, if it did.
    public var failure: String? {
        guard case .failed(let message) = self else { return nil }
        return message
    }

    /// The marker its stream ends with, once it has ended.
    public var marker: JobMarker? {
        switch self {
        case .queued, .running: nil
        case .completed: .done
        case .failed(let message): .error(message)
        case .cancelled: .cancelled
        }
    }

    /// Whether nothing can change any more.
    public var isFinal: Bool { marker != nil }

    /// What happens to a job.
    public enum Event: Hashable, Sendable {
        /// It is taken up.
        case start
        /// It came to its end.
        case complete
        /// It ended by an error.
        case fail(message: String)
        /// Somebody asked that it end.
        case cancel
    }

    /// The state after an event, or nil if the event is not allowed in this state.
    public func after(_ event: Event) -> JobState? {
        switch (self, event) {
        case (.queued, .start): .running
        case (.queued, .cancel), (.running, .cancel): .cancelled
        case (.running, .complete): .completed
        case (.running, .fail(let message)): .failed(message: message)
        case (.queued, .complete), (.queued, .fail), (.running, .start): nil
        case (.completed, _), (.failed, _), (.cancelled, _): nil
        }
    }
}

/// One job's state, changed only as the table of ``JobState`` allows.
public struct JobMachine: Hashable, Sendable {
    /// The state it is in.
    public private(set) var state: JobState

    /// What came of an event.
    public enum Outcome: Hashable, Sendable {
        /// The job moved to this state.
        case moved(JobState)
        /// The job moved to its last state: write this marker. Given exactly once in a job's life.
        case ended(JobMarker)
        /// The event is not allowed in the state the job is in, and changed nothing.
        case rejected
    }

    /// Makes a job that is queued.
    public init() {
        state = .queued
    }

    /// Applies an event.
    public mutating func apply(_ event: JobState.Event) -> Outcome {
        guard let next = state.after(event) else { return .rejected }
        state = next
        return next.marker.map { .ended($0) } ?? .moved(next)
    }
}
