/// What went wrong with a value that crossed, or was to cross, a process boundary.
public struct ContractError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. New codes may be added; compare with `==`, never switch exhaustively.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable text of the code, as it appears in logs and error bodies.
        public let rawValue: String

        /// Makes a code from its stable text.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The bytes are not JSON.
        public static let malformedJSON = Code(rawValue: "malformed_json")
        /// A required field is absent or null.
        public static let missingField = Code(rawValue: "missing_field")
        /// A field holds a value of the wrong type or outside its range.
        public static let invalidValue = Code(rawValue: "invalid_value")
        /// A URL is not an absolute http(s) URL that a daemon could answer on.
        public static let invalidURL = Code(rawValue: "invalid_url")
        /// An instance, kind or owner name breaks the naming rule.
        public static let invalidName = Code(rawValue: "invalid_name")
        /// A value could not be written as JSON (a number that is not finite).
        public static let notEncodable = Code(rawValue: "not_encodable")
    }

    /// The kind of failure, for programs.
    public let code: Code
    /// What failed and why, for people.
    public let message: String
    /// The dotted path of the field at fault, when there is one (`error.message`, `args[2]`).
    public let path: String?
    /// The error that caused this one.
    public let underlying: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, path: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.underlying = underlying
    }

    /// The message, preceded by the path of the field where one is known.
    public var description: String {
        guard let path, !path.isEmpty else { return message }
        return "\(path): \(message)"
    }
}
