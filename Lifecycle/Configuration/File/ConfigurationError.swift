/// Why a configuration could not be read or changed.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable word.
        package let rawValue: String

        /// Makes a code from its word.
        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The file cannot be read.
        package static let unreadable = Code(rawValue: "unreadable")
        /// The file cannot be written.
        package static let notWritable = Code(rawValue: "not_writable")
        /// The key is not known.
        package static let unknownKey = Code(rawValue: "unknown_key")
        /// The value is not what its key expects.
        package static let badValue = Code(rawValue: "bad_value")
        /// The file, or the place of the key in it, cannot be changed by a program; a person can.
        package static let notEditable = Code(rawValue: "not_editable")
    }

    /// The kind of failure.
    package let code: Code
    /// What failed, why, and what helps.
    package let message: String
    /// The file, where one is concerned.
    package let path: String?
    /// The error that led to this one.
    package let underlying: (any Error)?

    /// Makes an error.
    package init(_ code: Code, _ message: String, path: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.underlying = underlying
    }

    /// The message.
    package var description: String { message }
}
