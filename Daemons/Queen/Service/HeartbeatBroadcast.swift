internal import EventLoop
internal import OperationContract
internal import Synchronization

/// Passes heartbeats on to whoever subscribed. A slow subscriber loses the oldest and keeps its stream.
final class HeartbeatBroadcast: Sendable {
    /// One subscriber's place: what it has not read yet.
    final class Subscription: Sendable {
        fileprivate static let limit = 256

        fileprivate struct State {
            var events: [HeartbeatEvent] = []
            var reader: ResumeOnce<Void, Never>?
        }

        fileprivate let state = Mutex(State())
        private let loop: EventLoop

        fileprivate init(loop: EventLoop) {
            self.loop = loop
        }

        /// What came since the last call; empty when nothing did for `limit`.
        func next(within limit: Duration) async -> [HeartbeatEvent] {
            let once = ResumeOnce<Void, Never>()
            let ready = state.withLock { state -> [HeartbeatEvent] in
                defer { state.events.removeAll() }
                if state.events.isEmpty { state.reader = once }
                return state.events
            }
            guard ready.isEmpty else { return ready }
            let timer = loop.schedule(after: limit) { once.resume(with: .success(())) }
            _ = await once.result { once.resume(with: .success(())) }
            timer.cancel()
            return state.withLock { state in
                defer { state.events.removeAll() }
                state.reader = nil
                return state.events
            }
        }

        fileprivate func put(_ event: HeartbeatEvent) {
            let reader = state.withLock { state in
                if state.events.count == Self.limit { state.events.removeFirst() }
                state.events.append(event)
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(with: .success(()))
        }
    }

    private let loop: EventLoop
    private let subscriptions = Mutex<[ObjectIdentifier: Subscription]>([:])

    init(loop: EventLoop) {
        self.loop = loop
    }

    func subscribe() -> Subscription {
        let subscription = Subscription(loop: loop)
        subscriptions.withLock { $0[ObjectIdentifier(subscription)] = subscription }
        return subscription
    }

    func unsubscribe(_ subscription: Subscription) {
        subscriptions.withLock { $0[ObjectIdentifier(subscription)] = nil }
    }

    func send(_ event: HeartbeatEvent) {
        for subscription in subscriptions.withLock({ Array($0.values) }) { subscription.put(event) }
    }
}
