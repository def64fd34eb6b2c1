extension HTTPBody {
    /// The server-sent events of this body, as they come.
    package var serverSentEvents: ServerSentEvents { ServerSentEvents(body: self) }

    /// An asynchronous sequence of events; reading it reads the body.
    package struct ServerSentEvents: AsyncSequence, Sendable {
        package typealias Element = SSEEvent
        package typealias Failure = HTTPError

        let body: HTTPBody

        package func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(bytes: body.makeAsyncIterator())
        }

        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate var bytes: HTTPBody.AsyncIterator
            private var parser = SSEParser()
            /// Complete events, the next one last.
            private var ready: [SSEEvent] = []

            fileprivate init(bytes: HTTPBody.AsyncIterator) {
                self.bytes = bytes
            }

            package mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(HTTPError) -> SSEEvent? {
                while ready.isEmpty {
                    guard let more = try await bytes.next(isolation: actor) else { return nil }
                    ready = try parser.parse(more).reversed()
                }
                return ready.popLast()
            }
        }
    }
}
