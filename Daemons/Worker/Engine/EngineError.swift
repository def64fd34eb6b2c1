/// Why an engine did not do what it was asked.
package struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure; new kinds may come.
    package struct Code: Sendable, Hashable {
        /// Stable name of the kind.
        package let name: String

        package init(_ name: String) {
            self.name = name
        }

        /// The caller left, or the worker is stopping.
        package static let cancelled = Code("cancelled")
        /// The prompt does not fit the engine's window.
        package static let promptTooLong = Code("prompt_too_long")
        /// A parameter has a value that makes no sense.
        package static let invalidParameter = Code("invalid_parameter")
        /// This engine has no such ability.
        package static let unsupported = Code("unsupported")
        /// The engine's configuration is wrong.
        package static let misconfigured = Code("misconfigured")
        /// No port could be reserved for the engine.
        package static let noPort = Code("no_port")
        /// The engine's program could not be started, or ended while starting.
        package static let startFailed = Code("start_failed")
        /// The engine was not ready within its start budget.
        package static let startTimedOut = Code("start_timed_out")
        /// The engine is gone or does not answer.
        package static let unavailable = Code("unavailable")
    }

    /// What kind of failure.
    package var code: Code
    /// What failed and why, for people.
    package var message: String
    /// The request parameter at fault, if it is one.
    package var parameter: String?
    /// What lay beneath, if anything did.
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, parameter: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.parameter = parameter
        self.underlying = underlying
    }

    package var description: String { message }
}
