package import OperationContract

/// Decides the course of one job: its state by the table of `JobState`, and when one that nobody reads is given up.
///
/// The client leaving a stream does not end a job. A job that is only of use while somebody reads (an inference) may say so: then it is
/// cancelled when, after having had a reader, it has had none for a while, long enough to come back with `Last-Event-ID`.
package struct JobCourse: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        /// Something that may change its state.
        case state(JobState.Event)
        /// Somebody reads its stream.
        case readerCame
        /// And does not any more.
        case readerLeft
        /// The deadline armed last has come.
        case abandonmentDue
    }

    package enum Action: Hashable, Sendable {
        /// Run the body.
        case run
        /// Cancel the body.
        case cancelBody
        /// Write this end into the stream.
        case end(JobMarker)
        /// Report `abandonmentDue` after so many nanoseconds.
        case armAbandonment(UInt64)
        /// Do not report it.
        case disarmAbandonment
    }

    /// Longest message of a failure, in bytes.
    package static let longestMessage = 4096

    package private(set) var state: JobState = .queued
    /// Streams that are being read.
    package private(set) var readers = 0
    private let abandonment: UInt64?

    /// - Parameter abandonment: nanoseconds without a reader after which it is cancelled, once it has had one; `nil` never.
    package init(abandonment: UInt64? = nil) {
        self.abandonment = abandonment
    }

    /// Notes an event and returns what to do, in order. What the table does not allow changes nothing: the body of a job that was
    /// cancelled may still return or throw, and anybody may cancel what has ended.
    package mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .state(let event):
            return apply(event)
        case .readerCame:
            readers += 1
            return readers == 1 && abandonment != nil && !state.isFinal ? [.disarmAbandonment] : []
        case .readerLeft:
            precondition(readers > 0, "readerLeft without readerCame")
            readers -= 1
            guard let abandonment, readers == 0, !state.isFinal else { return [] }
            return [.armAbandonment(abandonment)]
        case .abandonmentDue:
            // A reader may have come back while the timer fired.
            return readers == 0 ? apply(.cancel) : []
        }
    }

    private mutating func apply(_ event: JobState.Event) -> [Action] {
        guard let next = state.after(bounded(event)) else { return [] }
        let wasRunning = state == .running
        state = next
        guard let marker = next.marker else { return [.run] }
        var actions: [Action] = []
        if wasRunning, event == .cancel { actions.append(.cancelBody) }
        if abandonment != nil { actions.append(.disarmAbandonment) }
        actions.append(.end(marker))
        return actions
    }

    /// The event with a message that fits, cut at a character.
    private func bounded(_ event: JobState.Event) -> JobState.Event {
        guard case .fail(let message) = event, message.utf8.count > Self.longestMessage else { return event }
        var end = message.startIndex
        var bytes = 0
        while bytes + message[end].utf8.count <= Self.longestMessage {
            bytes += message[end].utf8.count
            end = message.index(after: end)
        }
        return .fail(message: "\(message[..<end])…")
    }
}
