/// Why the registry did not take something.
package struct RegistryError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// What was announced cannot be: no id, no address.
        package static let invalid = Code(rawValue: "invalid_heartbeat")
        /// There are as many entries as are kept.
        package static let full = Code(rawValue: "registry_full")
        /// The store behind the registry did not answer.
        package static let unavailable = Code(rawValue: "registry_unavailable")
    }

    /// The kind of failure.
    package let code: Code
    /// What failed and why, for people.
    package let message: String
    /// The error that led to this one.
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The message.
    package var description: String { message }
}
