/// The result of a command: one value, shown to people as lines and to programs as JSON.
///
/// The JSON is the value's own encoding, so the two can never tell different stories.
package protocol Report: Encodable, Sendable {
    /// The lines people see, in order, without line ends.
    func lines(_ style: Style) -> [String]
}
