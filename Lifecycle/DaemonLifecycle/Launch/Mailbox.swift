internal import EventLoop
internal import Synchronization

/// Where several sources put what happened and one reader waits for the next of it, with a limit.
///
/// The shell around ``MailboxMachine``. A daemon says a handful of things in its life; what comes when too much waits is dropped.
final class Mailbox<Message: Sendable>: Sendable {
    private typealias Turn = ResumeOnce<Message?, Never>

    private let machine = Mutex(MailboxMachine<Message, Turn>())
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// - Parameter limit: how many may wait for it to be kept. Sources that matter more have more room, which the others cannot fill.
    func post(_ message: Message, unlessMoreThan limit: Int) {
        machine.withLock { $0.messages.count <= limit ? $0.posted(message) : nil }?.resume(with: .success(message))
    }

    /// The next message, or nil once `limit` has passed or the caller was cancelled. One reader at a time.
    func next(within limit: Duration) async -> Message? {
        let turn = Turn()
        // The reader is there before its timer is: neither can be missed, whatever thread this runs on.
        switch machine.withLock({ $0.asked(by: turn, mayWait: limit > .zero) }) {
        case .message(let message): return message
        case .nothing: return nil
        case .waits: break
        }
        let timer = loop.schedule(after: limit) { [self] in end(turn) }
        defer { timer.cancel() }
        return await turn.result { [self] in end(turn) }.get()
    }

    /// Ends a wait, unless it has its message already.
    private func end(_ turn: Turn) {
        if machine.withLock({ $0.gaveUp(turn) }) { turn.resume(with: .success(nil)) }
    }
}
