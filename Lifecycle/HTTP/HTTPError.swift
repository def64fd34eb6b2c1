/// Why an exchange over HTTP did not come about or did not end well.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, to compare with.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let name: String

        package init(name: String) {
            self.name = name
        }

        /// Nobody listens at the address.
        package static let refused = Code(name: "refused")
        /// The Unix socket's path does not exist.
        package static let noSuchSocket = Code(name: "no_such_socket")
        /// The connection ended before the first byte of a response: the request may or may not have been read.
        package static let closedBeforeResponse = Code(name: "closed_before_response")
        /// The other side went away in the middle of a message.
        package static let closed = Code(name: "closed")
        package static let deadlineExceeded = Code(name: "deadline_exceeded")
        /// The task that waited was cancelled.
        package static let cancelled = Code(name: "cancelled")
        /// What came is not HTTP, or not the HTTP that is accepted here.
        package static let malformed = Code(name: "malformed")
        /// A head or body is over its limit.
        package static let tooLarge = Code(name: "too_large")
        /// A body is not the JSON that was asked for.
        package static let undecodable = Code(name: "undecodable")
        /// The address to listen on is taken.
        package static let addressInUse = Code(name: "address_in_use")
        /// A host name has no address.
        package static let unresolvable = Code(name: "unresolvable")
        /// The network says no in another way.
        package static let unreachable = Code(name: "unreachable")
        /// The system has no descriptor, memory or connection left.
        package static let noResources = Code(name: "no_resources")
        /// The caller asked for what cannot be sent.
        package static let invalid = Code(name: "invalid")
        /// The client or server has been closed.
        package static let stopped = Code(name: "stopped")

        package var description: String { name }
    }

    package let code: Code
    /// What failed and why, for people.
    package let message: String
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// What to answer when this is why a request cannot be served.
    package var status: HTTPStatus {
        switch code {
        case .malformed, .undecodable, .closed: .badRequest
        case .tooLarge: .contentTooLarge
        case .deadlineExceeded: .requestTimeout
        default: .internalServerError
        }
    }

    package var description: String { message }
}
