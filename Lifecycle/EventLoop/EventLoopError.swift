/// What can go wrong in making or using an event loop.
package struct EventLoopError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, to compare with.
    package struct Code: Hashable, Sendable {
        package let name: String

        /// The kernel or the library refused a resource: a descriptor, a thread, memory.
        package static let noResources = Code(name: "no_resources")
        /// The loop has been stopped: nothing can be waited for on it any more.
        package static let stopped = Code(name: "stopped")
    }

    package let code: Code
    /// What failed and why, for people.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.name): \(message)" }
}

/// The operation given to ``EventLoop/withDeadline(_:_:)`` took longer than allowed.
package struct DeadlineExceeded: Error, Equatable, CustomStringConvertible {
    /// How long it was given.
    package let limit: Duration

    package init(limit: Duration) {
        self.limit = limit
    }

    package var description: String { "took longer than \(limit)" }
}
