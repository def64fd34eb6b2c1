/// The body of every error a daemon answers with: `{"error":{"code","message"}}`.
///
/// The OpenAI paths answer with OpenAI's own shape instead, which has the same two fields and more.
public struct ErrorBody: Codable, Hashable, Sendable, Error, CustomStringConvertible {
    /// What went wrong.
    public struct Detail: Codable, Hashable, Sendable {
        /// A short stable word for programs (`not_found`, `draining`).
        public var code: String
        /// What failed, why and what helps, for people.
        public var message: String

        /// Makes a detail.
        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// What went wrong.
    public var error: Detail

    /// Makes a body.
    public init(code: String, message: String) {
        error = Detail(code: code, message: message)
    }

    /// The message.
    public var description: String { error.message }
}
