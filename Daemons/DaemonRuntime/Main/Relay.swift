internal import Synchronization

/// Hands news to a receiver that is made after whoever tells them. What is sent before there is one is dropped.
package final class Relay<News: Sendable>: Sendable {
    private let receiver = Mutex<(@Sendable (News) -> Void)?>(nil)

    package init() {}

    /// Names the receiver.
    package func receive(_ receiver: @escaping @Sendable (News) -> Void) {
        self.receiver.withLock { $0 = receiver }
    }

    /// Tells the receiver, if there is one.
    package func send(_ news: News) {
        receiver.withLock { $0 }?(news)
    }
}
