internal import Synchronization

/// Hands news to a receiver that is made after whoever tells them. What is sent before there is one is dropped.
final class Relay<News: Sendable>: Sendable {
    private let receiver = Mutex<(@Sendable (News) -> Void)?>(nil)

    func receive(_ receiver: @escaping @Sendable (News) -> Void) {
        self.receiver.withLock { $0 = receiver }
    }

    func send(_ news: News) {
        receiver.withLock { $0 }?(news)
    }
}
