internal import EventLoop
internal import Synchronization

/// Where several sources put what happened and one reader waits for the next of it, with a limit.
///
/// Bounded by what its sources say: a notification, a report or an end, each a handful in a daemon's life.
final class Mailbox<Message: Sendable>: Sendable {
    private struct Contents {
        var messages: [Message] = []
        var reader: CheckedContinuation<Message?, Never>?
        /// Which wait a timer belongs to; an older one has nothing to end any more.
        var wait: UInt64 = 0
    }

    private let contents = Mutex(Contents())
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    func post(_ message: Message) {
        let reader = contents.withLock { contents -> CheckedContinuation<Message?, Never>? in
            guard let reader = contents.reader else {
                contents.messages.append(message)
                return nil
            }
            contents.reader = nil
            return reader
        }
        reader?.resume(returning: message)
    }

    /// The next message, or nil once `limit` has passed or the caller was cancelled. One reader at a time.
    func next(within limit: Duration) async -> Message? {
        let wait = contents.withLock { contents in
            contents.wait += 1
            return contents.wait
        }
        let timer = loop.schedule(after: limit) { [self] in end(wait) }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: Message?? = contents.withLock { contents in
                    if !contents.messages.isEmpty { return .some(contents.messages.removeFirst()) }
                    if Task.isCancelled || limit <= .zero { return .some(nil) }
                    contents.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            end(wait)
        }
    }

    private func end(_ wait: UInt64) {
        let reader = contents.withLock { contents -> CheckedContinuation<Message?, Never>? in
            guard contents.wait == wait else { return nil }
            defer { contents.reader = nil }
            return contents.reader
        }
        reader?.resume(returning: nil)
    }
}
