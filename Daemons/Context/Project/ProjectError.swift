/// Why something about a project failed.
struct ProjectError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    struct Code: RawRepresentable, Hashable, Sendable {
        let rawValue: String

        /// The path leads to no project.
        static let invalidPath = Code(rawValue: "invalid_path")
        /// The project is not known yet.
        static let notInitialized = Code(rawValue: "not_initialized")
        /// The project is known already.
        static let alreadyInitialized = Code(rawValue: "already_initialized")
        /// What is stored of it cannot be read.
        static let corrupt = Code(rawValue: "corrupt")
        /// The disk or the system refused.
        static let storage = Code(rawValue: "storage")
        /// Too much is waiting.
        static let overloaded = Code(rawValue: "overloaded")
    }

    let code: Code
    let message: String
    let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    var description: String { message }
}
