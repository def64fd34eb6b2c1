/// What a mailbox holds: messages that nobody has read, or the reader that waits for the next one; never both.
struct MailboxMachine<Message, Reader: Equatable> {
    private(set) var messages: [Message] = []
    private(set) var reader: Reader?

    /// What a reader finds.
    enum Found {
        case message(Message)
        /// Nothing, and it did not want to wait.
        case nothing
        /// It waits until a message is posted to it or it gives up.
        case waits
    }

    /// A message came.
    ///
    /// - Returns: the reader to hand it to; without one it is kept.
    mutating func posted(_ message: Message) -> Reader? {
        if reader == nil { messages.append(message) }
        return reader.take()
    }

    /// A reader came.
    mutating func asked(by reader: Reader, mayWait: Bool) -> Found {
        if !messages.isEmpty { return .message(messages.removeFirst()) }
        guard mayWait else { return .nothing }
        self.reader = reader
        return .waits
    }

    /// A reader will wait no longer.
    ///
    /// - Returns: whether it waited still; if not, a message is on its way to it.
    mutating func gaveUp(_ reader: Reader) -> Bool {
        guard self.reader == reader else { return false }
        self.reader = nil
        return true
    }
}

extension MailboxMachine: Equatable where Message: Equatable {}
extension MailboxMachine: Hashable where Message: Hashable, Reader: Hashable {}
