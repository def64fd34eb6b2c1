/// Why something about a message or its way failed.
package struct IPCError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        /// The bytes are no value, or none that may be sent.
        package static let malformed = Code(rawValue: "malformed")
        /// The value is not the one that was wanted.
        package static let mismatch = Code(rawValue: "mismatch")
        /// Larger, deeper or more than is allowed.
        package static let tooLarge = Code(rawValue: "too_large")
        /// The other side took too long.
        package static let timeout = Code(rawValue: "timeout")
        /// Nobody listens.
        package static let unreachable = Code(rawValue: "unreachable")
        /// The connection ended before the answer came.
        package static let closed = Code(rawValue: "closed")
        /// The caller gave up.
        package static let cancelled = Code(rawValue: "cancelled")
        /// No memory or descriptors.
        package static let noResources = Code(rawValue: "no_resources")
    }

    package let code: Code
    package let message: String
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    package var description: String { message }
}
