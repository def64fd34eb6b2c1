/// A command line that cannot be understood: what is wrong with it and the command that helps.
package struct UsageError: Error, Hashable, Sendable {
    package let message: String
    /// What was probably meant, when something is close enough.
    package let suggestions: [String]
    /// The deepest command or group that was understood, whose help is worth reading.
    package let path: [String]

    package init(_ message: String, suggestions: [String] = [], path: [String]) {
        self.message = message
        self.suggestions = suggestions
        self.path = path
    }
}
