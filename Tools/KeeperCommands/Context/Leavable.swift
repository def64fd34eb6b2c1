/// Waits for something that may be left alone before it is over. It is not cancelled then: whoever cancels a stop makes it harder.
enum Leavable {
    /// - Parameters:
    ///   - operation: what is waited for.
    ///   - watch: is given what ends the waiting with an error; returns what to call when that is of no interest any more.
    static func value<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value,
        unless watch: (@escaping @Sendable (any Error) -> Void) throws -> @Sendable () -> Void
    ) async throws -> Value {
        let (outcomes, feed) = AsyncThrowingStream.makeStream(of: Value.self, throwing: (any Error).self)
        let unwatch = try watch { feed.finish(throwing: $0) }
        defer { unwatch() }
        Task {
            do {
                feed.yield(try await operation())
                feed.finish()
            } catch {
                feed.finish(throwing: error)
            }
        }
        for try await value in outcomes { return value }
        throw CancellationError()
    }
}
