internal import Synchronization

/// Something that is said at most once and can be asked about from anywhere.
final class FirstValue<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    var value: Value? { stored.withLock { $0 } }

    /// Counts only the first time.
    func set(_ value: Value) {
        stored.withLock { $0 = $0 ?? value }
    }
}
