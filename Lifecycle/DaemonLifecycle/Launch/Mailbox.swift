internal import EventLoop
internal import Synchronization

/// Where several sources put what happened and one reader waits for the next of it, with a limit.
///
/// Bounded by what its sources say: a notification, a report or an end, each a handful in a daemon's life.
final class Mailbox<Message: Sendable>: Sendable {
    private struct Contents {
        /// What nobody has read yet; empty while somebody waits.
        var messages: [Message] = []
        var reader: ResumeOnce<Message?, Never>?
    }

    private let contents = Mutex(Contents())
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    func post(_ message: Message) {
        let reader = contents.withLock { contents in
            if contents.reader == nil { contents.messages.append(message) }
            return contents.reader.take()
        }
        reader?.resume(with: .success(message))
    }

    /// The next message, or nil once `limit` has passed or the caller was cancelled. One reader at a time.
    func next(within limit: Duration) async -> Message? {
        let turn = ResumeOnce<Message?, Never>()
        // The reader is there before its timer is: neither can be missed, whatever thread this runs on.
        let ready: Message?? = contents.withLock { contents in
            if !contents.messages.isEmpty { return .some(contents.messages.removeFirst()) }
            if limit <= .zero { return .some(nil) }
            contents.reader = turn
            return nil
        }
        if let ready { return ready }
        let timer = loop.schedule(after: limit) { [self] in end(turn) }
        defer { timer.cancel() }
        return await turn.result { [self] in end(turn) }.get()
    }

    /// Ends a wait, unless it has its message already.
    private func end(_ turn: ResumeOnce<Message?, Never>) {
        let isWaiting = contents.withLock { contents in
            guard contents.reader === turn else { return false }
            contents.reader = nil
            return true
        }
        if isWaiting { turn.resume(with: .success(nil)) }
    }
}
